import assert from 'node:assert/strict';
import { withoutOurs } from '../../../src/client/generations/requests.ts';

describe('an update for a server of Patr', () => {
  it('has nothing in it that is known to our control plane alone', () => {
    const ours = { ifRevision: 3, allowDataLoss: true, pushesPaused: false, trafficLimits: {} };
    const afterConfigChange = { kind: 'restart' };
    assert.deepEqual(withoutOurs({ name: 'shop', ...ours, afterConfigChange }), { name: 'shop' });
  });
});
