import assert from 'node:assert/strict';
import type { ObservedInstance } from '../../../../src/control-plane/executors/executor.ts';
import { emptyMemory, type Watch } from '../../../../src/control-plane/reconcile/memory.ts';
import { sceneOf } from '../../../../src/control-plane/reconcile/scene.ts';

const instance: ObservedInstance = {
  id: 'i1',
  name: 'patr-local-shop-1',
  deploymentId: 'd1',
  releaseId: 'r1',
  releaseNumber: 1,
  ordinal: 0,
  restarts: 0,
  state: 'running',
  startedAt: 1000,
  finishedAt: undefined,
  exitCode: undefined,
  outOfMemory: false,
  address: '10.210.0.2',
  node: 'here',
  published: [],
};
const facts = {
  surroundings: false,
  roomShort: false,
  now: 5000,
  isAbandoned: () => false,
  portsAreFixed: false,
};

/** Health of the instance when its watch says this. */
function healthWith(watch: Pick<Watch, 'health'> & { readonly servedBefore: boolean }): string | undefined {
  const memory = emptyMemory();
  memory.watches.set('i1', { ...watch, stop: () => undefined, looked: undefined });
  return sceneOf('absent', [instance], [], new Map(), memory, facts).seen[0]?.health;
}

describe('an instance that ran when the control plane came back', () => {
  const unasked = { kind: 'starting', last: undefined, since: 5000 } as const;
  const silent = { ok: false, kind: 'connect', message: 'does not listen' } as const;

  it('goes on serving until its first probe says otherwise, when it served before', () => {
    assert.equal(healthWith({ servedBefore: true, health: unasked }), 'ready');
    assert.equal(healthWith({ servedBefore: false, health: unasked }), 'starting');
  });

  it('is believed no longer than that', () => {
    assert.equal(healthWith({ servedBefore: true, health: { ...unasked, last: silent } }), 'starting');
    const late = { kind: 'notStarted', message: 'does not listen', at: 6000 } as const;
    assert.equal(healthWith({ servedBefore: true, health: late }), 'notStarted');
  });
});
