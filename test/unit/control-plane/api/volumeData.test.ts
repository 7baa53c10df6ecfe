import assert from 'node:assert/strict';
import type { InstanceSpec } from '../../../../src/control-plane/executors/executor.ts';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addDeployment } from '../../../support/deployments.ts';
import { aRecord } from '../../../support/remains.ts';
import { tarFiles } from '../../../support/tarFiles.ts';

/** What instances have in their volumes, over the API and instances in memory. */
describe('data of volumes', () => {
  let plane: TestControlPlane;
  let id: string;
  let uploads: string;

  beforeEach(async () => {
    plane = testControlPlane();
    ({ id } = addDeployment(plane.notary, { intent: 'running' }));
    const made = await plane.send('POST', '/volume', { name: 'user uploads', size: 1 });
    uploads = String(made.body['id']);
    plane.executor.images.add('page:1');
    for (const ordinal of [0, 1, 2]) {
      const own = { instanceId: `${ordinal}`.padStart(12, '0'), deploymentId: id, ordinal, image: 'page:1' };
      const rest = {
        deploymentName: 'app',
        releaseId: 'e'.repeat(32),
        record: aRecord(),
        published: [],
        volumeFacts: {},
      };
      await plane.executor.run({
        ...rest,
        ...own,
        volumes: { [uploads]: '/data' },
      } as unknown as InstanceSpec);
    }
    for (const volume of await plane.executor.listVolumes(id))
      plane.executor.data.set(volume.name, { 'note.txt': 'x'.repeat(volume.ordinal + 1) });
  });
  afterEach(() => plane.dispose());

  const path = (query = ''): string => `/deployment/${id}/volume-data/archive${query}`;
  const archived = async (query?: string): Promise<readonly string[]> => {
    const { notary, token, app } = plane;
    const url = `http://127.0.0.1/workspace/${notary.workspaceId}${path(query)}`;
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'test' };
    const response = await app.request(url, { headers });
    assert.equal(response.headers.get('content-type'), 'application/x-tar');
    return Object.keys(await tarFiles(response.body!));
  };

  it('is told by instance, with its size', async () => {
    const { body } = await plane.send('GET', `/deployment/${id}/volume-data`);
    assert.deepEqual(
      body['data'],
      [0, 1, 2].map((instance) => ({ volumeId: uploads, instance, bytes: instance + 1 })),
    );
  });

  it('is given as one archive, from an instance on', async () => {
    assert.equal((await archived()).length, 3);
    assert.deepEqual(await archived('?from=1'), [
      'volumes/user-uploads-1/note.txt',
      'volumes/user-uploads-2/note.txt',
    ]);
  });

  it('is not read for who asks for its headers alone', async () => {
    const { notary, token, app } = plane;
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'test' };
    const url = `http://127.0.0.1/workspace/${notary.workspaceId}${path()}`;
    assert.equal((await app.request(url, { method: 'HEAD', headers })).status, 404);
  });

  it('says so where there is none', async () => {
    const { status, body } = await plane.send('GET', path('?from=3'));
    assert.deepEqual([status, body['error']], [404, 'resourceDoesNotExist']);
  });
});
