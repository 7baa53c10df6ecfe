import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Finished } from '../../scripts/setup/processes.ts';
import { permissions } from '../../src/control-plane/auth/permissions.ts';
import { addDeployment, addRepository } from '../support/deployments.ts';
import { testImages } from '../support/engine.ts';
import { writeIndexLayout } from '../support/ociLayout.ts';
import { startTestRegistry, type TestRegistry } from '../support/testRegistry.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** The registry against the clients that people have: their commands, and what they are told. */
describe('clients of the registry', () => {
  let registry: TestRegistry;
  let folder: string;
  let repository: string;

  before(async () => {
    registry = await startTestRegistry();
    folder = await mkdtemp(join(tmpdir(), 'patr-clients-'));
    addRepository(registry.plane.notary, 'shop');
    repository = `${registry.host}/${registry.plane.notary.workspaceId}/shop`;
  });

  after(async () => {
    await registry?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Each client keeps what it knows in a folder of the test. */
  function client(program: string, ...args: readonly string[]): Promise<Finished> {
    const env = {
      DOCKER_CONFIG: join(folder, 'docker'),
      REGISTRY_AUTH_FILE: join(folder, 'auth.json'),
      CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    };
    return run(program, args, { env });
  }

  async function works(program: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await client(program, ...args);
    assert.equal(code, 0, `${program} ${args[0]}: ${stderr}`);
    return stdout;
  }

  async function refused(words: RegExp, program: string, ...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await client(program, ...args);
    assert.notEqual(code, 0, `${program} ${args[0]} was let through: ${stdout}`);
    assert.match(stderr, words);
  }

  const tags = (name = 'shop') => registry.parts.client.tags(`${registry.plane.notary.workspaceId}/${name}`);

  async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(new URL(path, registry.api), {
      method,
      headers: { authorization: `Bearer ${registry.plane.token}`, 'user-agent': 'test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.status === 205 ? {} : ((await response.json()) as Record<string, unknown>);
  }

  async function apiToken(name: string, wanted: Record<string, unknown> = {}) {
    const answer = await ask('POST', '/user/api-token', { name, ...wanted });
    return { id: String(answer['id']), token: String(answer['token']) };
  }

  const everything = () => ({ [registry.plane.notary.workspaceId]: { type: 'superAdmin' } });

  /** Rights on one repository alone. */
  function member(repositoryId: string, ...actions: readonly ('pull' | 'push')[]) {
    const given = permissions.filter(({ action }) => actions.includes(action));
    const scope = { permissionType: 'include', resources: [repositoryId] };
    const scopes = Object.fromEntries(given.map(({ id }) => [id, scope]));
    return { [registry.plane.notary.workspaceId]: { type: 'member', ...scopes } };
  }

  const login = (token: string) => ['login', '--username', 'patr', '--password', token, registry.host];

  describe('docker', () => {
    const image = () => `${repository}:docker`;

    before(() => works('docker', 'tag', testImages().busybox, image()));
    after(() => works('docker', 'image', 'rm', image()));

    it('logs in, pushes and pulls', async () => {
      await works('docker', ...login(registry.plane.token));
      const pushed = await works('docker', 'push', image());
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed)?.[1];
      const { workspaceId } = registry.plane.notary;
      assert.equal(await registry.parts.client.digestOf(`${workspaceId}/shop`, 'docker'), digest);
      await works('docker', 'pull', `${repository}@${digest}`);
      await works('docker', 'image', 'rm', `${repository}@${digest}`);
    });

    it('cannot log in with a token that is wrong, has expired, or was revoked', async () => {
      const words = /Log in as "patr" with an API token/;
      await refused(words, 'docker', ...login(`patrv1.${'0'.repeat(32)}.${'b'.repeat(32)}`));
      const soon = new Date(registry.plane.notary.time + dayMs).toUTCString();
      const expiring = await apiToken('for a day', { permissions: everything(), tokenExp: soon });
      await works('docker', ...login(expiring.token));
      registry.plane.notary.time += 2 * dayMs;
      await refused(words, 'docker', ...login(expiring.token));
      registry.plane.notary.time -= 2 * dayMs;
      const revoked = await apiToken('revoked', { permissions: everything() });
      await works('docker', ...login(revoked.token));
      await ask('DELETE', `/user/api-token/${revoked.id}`);
      await refused(words, 'docker', ...login(revoked.token));
      await refused(words, 'docker', 'push', image());
    });

    it('is told that a repository does not exist', async () => {
      await works('docker', ...login(registry.plane.token));
      const unknown = `${repository}s:docker`;
      await works('docker', 'tag', testImages().busybox, unknown);
      try {
        await refused(/There is no repository .*shops\. Create it first/, 'docker', 'push', unknown);
      } finally {
        await works('docker', 'image', 'rm', unknown);
      }
      await refused(/There is no repository/, 'docker', 'pull', unknown);
    });

    it('is told that the disk is full before it is, and pulls all the same', async () => {
      await works('docker', ...login(registry.plane.token));
      const { reconciler } = registry.plane;
      const { facts } = reconciler;
      reconciler.facts = { ...facts, freeBytes: 120_000_000 };
      try {
        await refused(/The disk of the registry has 120 MB left/, 'docker', 'push', image());
        await works('docker', 'pull', image());
      } finally {
        reconciler.facts = facts;
      }
      await works('docker', 'push', image());
    });

    it('may do with a token what that token may, on the repositories that it names', async () => {
      const shop = registry.plane.notary.store.repositories.byName(
        registry.plane.notary.workspaceId,
        'shop',
      )!;
      const other = addRepository(registry.plane.notary, 'other');
      const reader = await apiToken('reader', { permissions: member(shop.id, 'pull') });
      await works('docker', ...login(reader.token));
      await works('docker', 'pull', image());
      await refused(/may not push to .*shop/, 'docker', 'push', image());
      const stranger = await apiToken('stranger', { permissions: member(other, 'pull', 'push') });
      await works('docker', ...login(stranger.token));
      await refused(/may not push to .*shop/, 'docker', 'push', image());
      await refused(/may not pull from .*shop/, 'docker', 'pull', image());
      const writer = await apiToken('writer', { permissions: member(shop.id, 'pull', 'push') });
      await works('docker', ...login(writer.token));
      await works('docker', 'push', image());
    });
  });

  describe('skopeo', () => {
    const insecure = ['--insecure-policy'];
    const plain = '--dest-tls-verify=false';

    before(() => works('skopeo', ...loginTo(registry.plane.token)));

    function loginTo(token: string): readonly string[] {
      return ['login', '--tls-verify=false', '--username', 'patr', '--password', token, registry.host];
    }

    it('pushes an index whole; the platform has its image, and history what was pushed', async () => {
      const { notary } = registry.plane;
      const repositoryId = notary.store.repositories.byName(notary.workspaceId, 'shop')!.id;
      const source = { registry: 'registry.patr.cloud', repositoryId } as const;
      const { id } = addDeployment(notary, { source, imageTag: 'several' });
      const told = releasedBy(id);
      const layout = join(folder, 'several');
      const { index, images } = await writeIndexLayout(layout, ['arm64', 'amd64']);
      const [from, to] = [`oci:${layout}:latest`, `docker://${repository}:several`];
      await works('skopeo', ...insecure, 'copy', '--all', plain, from, to);
      assert.equal(await told, index);
      const mine = await registry.parts.client.image(`${notary.workspaceId}/shop`, 'several');
      assert.equal(mine !== 'absent' && mine.digest, index);
      const { username, password } = registry.parts.engineCredentials;
      const { engine } = registry.distribution.test;
      const reference = `${repository}@${index}`;
      const auth = { server: registry.host, username, password };
      for await (const progress of engine.pull(reference, auth)) void progress;
      const pulled = await engine.inspectImage(reference);
      await engine.removeImage(reference);
      assert.equal(pulled !== 'absent' && pulled.platform, 'linux/amd64');
      const args = [
        'inspect',
        '--raw',
        '--tls-verify=false',
        `docker://${repository}@${images.get('arm64')}`,
      ];
      assert.match(await works('skopeo', ...args), /"schemaVersion":2/);
    });

    /** The digest that the next release of a deployment has. */
    function releasedBy(id: string): Promise<string | undefined> {
      const { store } = registry.plane.notary;
      return new Promise((resolve) => {
        const listening = store.onChange((change) => {
          if (change.kind !== 'wish' || change.deploymentId !== id) return;
          listening.dispose();
          resolve(store.releases.find(store.deployments.find(id)?.targetReleaseId ?? '')?.digest);
        });
      });
    }

    it('lists tags, and copies from one repository to another', async () => {
      addRepository(registry.plane.notary, 'copies');
      const copy = `docker://${registry.host}/${registry.plane.notary.workspaceId}/copies:1`;
      const from = ['--src-tls-verify=false', `docker://${repository}:several`];
      await works('skopeo', ...insecure, 'copy', '--all', plain, ...from, copy);
      assert.deepEqual(await tags('copies'), ['1']);
      const listed = await works('skopeo', 'list-tags', '--tls-verify=false', `docker://${repository}`);
      assert.deepEqual((JSON.parse(listed) as { Tags: string[] }).Tags.toSorted(), await tags());
    });

    it('is told why it may not', async () => {
      await refused(/Log in as "patr"|invalid username\/password/, 'skopeo', ...loginTo('wrong'));
      const unknown = `docker://${repository}s:1`;
      const from = `oci:${join(folder, 'several')}:latest`;
      // Older ones show the status of the refusal and not its words.
      const words = /There is no repository|404 \(Not Found\)/;
      await refused(words, 'skopeo', ...insecure, 'copy', '--all', plain, from, unknown);
    });
  });

  describe('buildah', () => {
    const storage = () => ['--storage-driver', 'vfs', '--root', join(folder, 'vfs'), '--runroot', folder];

    before(() => writeFile(join(folder, 'storage.conf'), '[storage]\ndriver = "vfs"\n'));

    it('builds, pushes and pulls', async () => {
      const args = ['--tls-verify=false', '--username', 'patr', '--password', registry.plane.token];
      await works('buildah', 'login', ...args, registry.host);
      const made = (await works('buildah', ...storage(), 'from', 'scratch')).trim();
      await works('buildah', ...storage(), 'config', '--port', '8080', made);
      await works('buildah', ...storage(), 'commit', '--rm', made, `${repository}:buildah`);
      await works('buildah', ...storage(), 'push', '--tls-verify=false', `${repository}:buildah`);
      const image = await registry.parts.client.image(`${registry.plane.notary.workspaceId}/shop`, 'buildah');
      assert.deepEqual(image !== 'absent' && image.exposedPorts, { 8080: 'http' });
      await works('buildah', ...storage(), 'rmi', `${repository}:buildah`);
      await works('buildah', ...storage(), 'pull', '--tls-verify=false', `${repository}:buildah`);
    });
  });
});
