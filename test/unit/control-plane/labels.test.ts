import assert from 'node:assert/strict';
import { label } from '../../../src/control-plane/labels.ts';
import { instanceLabel, regionLabel, roleLabel } from '../../../src/local/names.ts';

describe('labels', () => {
  it('are the same for the control plane and for what looks for its containers from outside', () => {
    assert.deepEqual([label.instance, label.region, label.role], [instanceLabel, regionLabel, roleLabel]);
  });
});
