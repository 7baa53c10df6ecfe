import assert from 'node:assert/strict';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';

describe('the list of instances', () => {
  let plane: TestControlPlane;

  beforeEach(() => (plane = testControlPlane()));
  afterEach(() => plane.dispose());

  it('tells what they use only to those who ask for it, and nothing of those that the engine did not measure', async () => {
    const { id } = addDeployment(plane.notary);
    const instance = {
      releaseNumber: 1,
      state: 'ready',
      node: 'here',
      startedAt: 1,
      restarts: 0,
      reason: undefined,
    } as const;
    plane.reconciler.show(id, {
      instances: ['a', 'b'].map((name) => ({ ...instance, id: name, name })),
    });
    plane.used.set('a', { cpus: 0.25, memoryBytes: 100, memoryLimitBytes: undefined });
    const usages = async (query: string): Promise<unknown[]> => {
      const path = `/workspace/${plane.notary.workspaceId}/deployment/${id}/instance${query}`;
      const headers = { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' };
      const response = await plane.app.request(`http://127.0.0.1${path}`, { headers });
      const { instances } = (await response.json()) as { instances: { usage?: unknown }[] };
      return instances.map(({ usage }) => usage);
    };
    assert.deepEqual(await usages(''), [undefined, undefined]);
    assert.deepEqual(await usages('?usage=true'), [{ cpus: 0.25, memoryBytes: 100 }, undefined]);
  });
});
