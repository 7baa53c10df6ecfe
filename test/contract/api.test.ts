import assert from 'node:assert/strict';
import { listen, type Server } from '../../src/control-plane/server.ts';
import { endpoints } from '../../src/protocol/endpoints.ts';
import { testControlPlane, type TestControlPlane } from '../support/controlPlane.ts';
import { digestOf } from '../support/fakeRegistry.ts';

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const machineType = 'b3cf3771fa394281bfdfeb2e65a061b6';
const unknownId = 'f'.repeat(32);

/** Both ways of reaching the API must behave the same: as a value, and over a real port on loopback. */
const ways: Record<string, (plane: TestControlPlane) => Promise<{ ask: Ask; close: () => Promise<void> }>> = {
  'as a value': async (plane) => ({
    ask: async (path, init) => plane.app.request(`http://127.0.0.1${path}`, init),
    close: async () => undefined,
  }),
  'over a port': async (plane) => {
    const server: Server = await listen((request) => plane.app.fetch(request), {
      host: '127.0.0.1',
      port: 0,
    });
    return {
      ask: (path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, init),
      close: () => server.close(),
    };
  },
};

for (const [way, open] of Object.entries(ways)) {
  describe(`API ${way}`, () => {
    let plane: TestControlPlane;
    let ask: Ask;
    let close: () => Promise<void>;

    beforeEach(async () => {
      plane = testControlPlane();
      ({ ask, close } = await open(plane));
    });

    afterEach(async () => {
      plane.stopping.abort();
      await close();
      plane.dispose();
    });

    const headers = () => ({ authorization: `Bearer ${plane.token}`, 'user-agent': 'test' });

    function send(method: string, path: string, body?: unknown): Promise<Response> {
      return ask(path, {
        method,
        headers: { ...headers(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    }

    async function json(response: Response): Promise<Record<string, unknown>> {
      return (await response.json()) as Record<string, unknown>;
    }

    async function refused(response: Response, status: number, error: string, message?: RegExp) {
      assert.equal(response.status, status);
      const body = await json(response);
      assert.equal(body['success'], false);
      assert.equal(body['error'], error);
      assert.match(String(body['message']), message ?? /./);
      return body;
    }

    const deployments = () => `/workspace/${plane.notary.workspaceId}/deployment`;
    const repositories = () => `/workspace/${plane.notary.workspaceId}/container-registry`;

    const wanted = (changes: Record<string, unknown> = {}) => ({
      name: 'shop api',
      registry: 'docker.io',
      imageName: 'library/nginx',
      imageTag: '1.27',
      runner: plane.notary.regionId,
      machineType,
      deployOnPush: false,
      deployOnCreate: true,
      minHorizontalScale: 1,
      maxHorizontalScale: 3,
      ports: { 80: 'http' },
      ...changes,
    });

    async function create(changes: Record<string, unknown> = {}): Promise<string> {
      const response = await send('POST', deployments(), wanted(changes));
      const body = await json(response);
      assert.equal(response.status, 201, JSON.stringify(body));
      return String(body['id']);
    }

    async function repository(name = 'shop'): Promise<string> {
      const response = await send('POST', repositories(), { name });
      assert.equal(response.status, 201);
      return String((await json(response))['id']);
    }

    describe('what every request carries', () => {
      it('asks for an Authorization header with 400, not 401', async () => {
        const bare = await ask('/user', { headers: { 'user-agent': 'test' } });
        await refused(bare, 400, 'wrongParameters', /^Invalid Headers$/);
        const basic = await ask('/user', { headers: { 'user-agent': 'test', authorization: 'Basic eDp5' } });
        await refused(basic, 400, 'wrongParameters', /^Invalid Headers$/);
      });

      it('asks for a User-Agent, also where no token is needed', async () => {
        const plain = await plane.app.request(`http://127.0.0.1${deployments()}/machine-type`);
        await refused(plain, 400, 'wrongParameters', /^Invalid Headers$/);
      });

      it('tells a malformed token from an unknown one', async () => {
        const as = (token: string) =>
          ask('/user', { headers: { 'user-agent': 'test', authorization: `Bearer ${token}` } });
        await refused(await as('eyJ0eXAi.x.y'), 400, 'malformedApiToken');
        await refused(await as(`patrv1.${'A'.repeat(32)}.${unknownId}`), 400, 'malformedApiToken');
        const wrongSecret = `patrv1.${unknownId}.${'b'.repeat(32)}`;
        await refused(await as(wrongSecret), 401, 'authorizationTokenInvalid');
        await refused(await as(`patrv1.${unknownId}.${unknownId}`), 401, 'authorizationTokenInvalid');
      });

      it('refuses a body where there is none, but takes nothing and null', async () => {
        const id = await create();
        const stop = `${deployments()}/${id}/stop`;
        await refused(await send('POST', stop, {}), 400, 'wrongParameters', /^Invalid body$/);
        assert.equal((await send('POST', stop, null)).status, 202);
        assert.equal((await send('POST', stop)).status, 202);
      });

      it('answers an unknown route with 404 and nothing else', async () => {
        for (const path of ['/version', `${deployments()}/${unknownId}/shell`, '/workspace']) {
          const response = await send('GET', path);
          assert.equal(response.status, 404);
          assert.equal(await response.text(), '');
        }
        assert.equal(await (await send('PUT', '/user')).text(), '');
      });

      it('sends no CORS headers', async () => {
        const response = await ask('/user', { headers: { ...headers(), origin: 'http://evil.example' } });
        assert.equal(response.headers.get('access-control-allow-origin'), null);
        assert.equal((await send('OPTIONS', '/user')).status, 404);
      });

      it('refuses ids in any other form than 32 lower-case digits', async () => {
        for (const id of ['5D1C2F0E8A7B11EFB3C42A506174722A', '5d1c2f0e-8a7b-11ef-b3c4-2a506174722a', '..']) {
          const path = `${deployments()}/${encodeURIComponent(id)}`;
          const response = await plane.app.request(`http://127.0.0.1${path}`, { headers: headers() });
          if (id === '..') assert.notEqual(response.status, 500);
          else await refused(response, 400, 'wrongParameters', /^Invalid Request URL$/);
        }
      });

      it('says which query parameter is wrong and ignores unknown ones', async () => {
        const bad = await send('GET', `${deployments()}?count=many`);
        await refused(bad, 400, 'wrongParameters', /^Invalid Query Parameters$/);
        assert.equal((await send('GET', `${deployments()}?colour=red`)).status, 200);
      });

      it('refuses a body that is too large', async () => {
        const response = await ask(deployments(), {
          method: 'POST',
          headers: { ...headers(), 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'x'.repeat(9 * 1024 * 1024) }),
        });
        await refused(response, 400, 'wrongParameters', /8 MiB/);
      });
    });

    describe('who and where', () => {
      it('tells the user, the workspace and the region', async () => {
        const user = await json(await send('GET', '/user'));
        assert.equal(user['success'], true);
        assert.equal(user['username'], 'local');
        assert.equal(user['recoveryEmail'], null);
        const { workspaces } = await json(await send('GET', '/user/workspaces'));
        assert.deepEqual(workspaces, [
          { id: plane.notary.workspaceId, name: 'Local', superAdminId: user['id'] },
        ]);
        const one = await json(await send('GET', `/workspace/${plane.notary.workspaceId}`));
        assert.equal(one['name'], 'Local');
        await refused(await send('GET', `/workspace/${unknownId}`), 404, 'resourceDoesNotExist');
        const runners = await send('GET', `/workspace/${plane.notary.workspaceId}/runner`);
        assert.equal(runners.headers.get('x-total-count'), '1');
        const [runner] = (await json(runners))['runners'] as Record<string, unknown>[];
        assert.equal(runner?.['connected'], true);
        assert.equal(runner?.['lastSeen'], '2023-11-14 22:13:20.000 +00:00:00');
      });

      it('gives machine types without a token', async () => {
        const response = await ask(`${deployments()}/machine-type`, { headers: { 'user-agent': 'test' } });
        const { machineTypes } = await json(response);
        assert.equal(response.status, 200);
        assert.deepEqual((machineTypes as unknown[])[0], {
          id: machineType,
          cpu_count: 1,
          memory_count: 2,
        });
      });

      it('names what it offers beyond Patr', async () => {
        const info = await json(await send('GET', '/server'));
        const inTable = Object.values(endpoints).flatMap(({ capability }) => capability ?? []);
        const offered = new Set([...inTable, 'logs', 'trafficLimits']);
        assert.deepEqual(new Set(info['capabilities'] as string[]), offered);
        assert.equal((info['capabilities'] as string[]).length, offered.size);
        assert.deepEqual(info['registry'], { host: '127.0.0.1:7050', username: 'patr' });
      });
    });

    describe('deployments', () => {
      it('creates, lists newest first with a total, and gets', async () => {
        const first = await create();
        const second = await create({ name: 'other', environmentVariables: { A: 'b' } });
        const list = await send('GET', `${deployments()}?count=1&page=0`);
        assert.equal(list.status, 200);
        assert.equal(list.headers.get('x-total-count'), '2');
        const rows = (await json(list))['deployments'] as Record<string, unknown>[];
        assert.deepEqual(
          rows.map((row) => row['id']),
          [second],
        );
        assert.equal('ports' in rows[0]!, false);
        const past = await send('GET', `${deployments()}?page=9`);
        assert.deepEqual((await json(past))['deployments'], []);
        const info = await json(await send('GET', `${deployments()}/${first}`));
        assert.equal(info['success'], true);
        assert.equal(info['imageName'], 'library/nginx');
        assert.equal(info['currentLiveDigest'], null);
        assert.deepEqual(info['ports'], { 80: 'http' });
        assert.equal('environmentVariables' in info, false);
        assert.deepEqual(plane.reconciler.woken.slice(0, 1), [first]);
      });

      it('shows what the loop sees', async () => {
        const id = await create();
        plane.reconciler.show(id, {
          status: 'errored',
          reason: { code: 'exited', message: 'It ended at once.', exitCode: 1 },
          ready: 0,
          wanted: 1,
        });
        const info = await json(await send('GET', `${deployments()}/${id}`));
        assert.equal(info['status'], 'errored');
        assert.deepEqual(info['instances'], { ready: 0, wanted: 1 });
        assert.deepEqual(info['addresses'], [
          { port: 80, type: 'http', url: 'http://shop-api.localhost:7080' },
          { port: 80, type: 'http', url: 'https://shop-api.localhost:7443' },
          { port: 80, type: 'http', url: `http://80-${id}.localhost:7080` },
          { port: 80, type: 'http', url: `https://80-${id}.localhost:7443` },
        ]);
      });

      it('refuses a name that is taken, whatever its case, and says which field', async () => {
        await create();
        const again = await send('POST', deployments(), wanted({ name: ' SHOP API ' }));
        const body = await refused(again, 409, 'resourceAlreadyExists', /shop api|SHOP API/);
        assert.deepEqual(body['fields'], [{ field: 'name', message: 'is already taken' }]);
      });

      it('tells a missing field from a value against a rule', async () => {
        const { name: _name, ...nameless } = wanted();
        const shape = await refused(await send('POST', deployments(), nameless), 400, 'wrongParameters');
        assert.equal(shape['message'], 'Invalid body');
        const rule = await send('POST', deployments(), wanted({ name: 'a/b' }));
        const body = await refused(rule, 400, 'wrongParameters');
        assert.notEqual(body['message'], 'Invalid body');
        assert.equal((body['fields'] as { field: string }[])[0]?.field, 'name');
        const broken = await ask(deployments(), { method: 'POST', headers: headers(), body: '{' });
        await refused(broken, 400, 'wrongParameters', /^Invalid body$/);
      });

      const rules: [string, Record<string, unknown>, string][] = [
        ['a smaller maximum than minimum', { minHorizontalScale: 4 }, 'maxHorizontalScale'],
        ['no port', { ports: {} }, 'ports'],
        [
          'a probe on a port that is not http',
          { startupProbe: { port: 81, path: '/' } },
          'startupProbe.port',
        ],
        ['an unknown region', { runner: unknownId }, 'runner'],
        ['an unknown machine type', { machineType: unknownId }, 'machineType'],
      ];
      for (const [what, changes, field] of rules) {
        it(`refuses ${what}`, async () => {
          const response = await send('POST', deployments(), wanted(changes));
          const body = await refused(response, 400, 'wrongParameters');
          assert.deepEqual(
            (body['fields'] as { field: string }[]).map((one) => one.field),
            [field],
          );
        });
      }

      it('refuses volumes that are not there', async () => {
        const response = await send('POST', deployments(), wanted({ volumes: { [unknownId]: '/data' } }));
        await refused(response, 404, 'resourceDoesNotExist');
      });

      it('updates with 202, keeps what is absent, removes a probe with port 0', async () => {
        const id = await create({ startupProbe: { port: 80, path: '/up' } });
        const path = `${deployments()}/${id}`;
        assert.deepEqual(await json(await send('PATCH', path, { maxHorizontalScale: 5 })), { success: true });
        assert.deepEqual((await json(await send('GET', path)))['startupProbe'], { port: 80, path: '/up' });
        const removed = await send('PATCH', path, { startupProbe: { port: 0, path: '' } });
        assert.equal(removed.status, 202);
        assert.equal('startupProbe' in (await json(await send('GET', path))), false);
        await refused(await send('PATCH', path, {}), 400, 'wrongParameters');
        await refused(await send('PATCH', path, { ports: {} }), 400, 'wrongParameters');
        const gone = `${deployments()}/${unknownId}`;
        await refused(await send('PATCH', gone, { maxHorizontalScale: 5 }), 404, 'resourceDoesNotExist');
      });

      it('refuses an update that was made on an older revision', async () => {
        const id = await create();
        const path = `${deployments()}/${id}`;
        const { revision } = await json(await send('GET', path));
        const update = { maxHorizontalScale: 7, ifRevision: revision };
        assert.equal((await send('PATCH', path, update)).status, 202);
        await refused(await send('PATCH', path, update), 409, 'revisionConflict');
      });

      it('makes a release of a change that instances notice, and of no other', async () => {
        const id = await create();
        const path = `${deployments()}/${id}`;
        await send('PATCH', path, { maxHorizontalScale: 9, name: 'renamed' });
        await send('PATCH', path, { environmentVariables: { MODE: 'prod' } });
        await send('PATCH', path, { environmentVariables: { MODE: 'prod' } });
        const { releases } = await json(await send('GET', `${path}/release`));
        assert.deepEqual(
          (releases as Record<string, unknown>[]).map((one) => [one['number'], one['cause'], one['state']]),
          [
            [2, 'update', 'waiting'],
            [1, 'create', 'superseded'],
          ],
        );
      });

      it('starts with 200, stops with 202, deletes with 205 and no body', async () => {
        const id = await create();
        const path = `${deployments()}/${id}`;
        const start = await send('POST', `${path}/start`);
        assert.equal(start.status, 200);
        assert.deepEqual(await json(start), { success: true });
        assert.equal((await send('POST', `${path}/start?forceRestart=true`)).status, 200);
        const bad = await send('POST', `${path}/start?forceRestart=perhaps`);
        await refused(bad, 400, 'wrongParameters', /^Invalid Query Parameters$/);
        assert.equal((await send('POST', `${path}/stop`)).status, 202);
        const deleted = await send('DELETE', path);
        assert.equal(deleted.status, 205);
        assert.equal(await deleted.text(), '');
        for (const [method, of] of [
          ['GET', path],
          ['DELETE', path],
          ['POST', `${path}/stop`],
          ['POST', `${path}/start`],
          ['GET', `${path}/release`],
        ] as const) {
          await refused(await send(method, of), 404, 'resourceDoesNotExist');
        }
      });

      it('does not show a deployment under another workspace', async () => {
        const id = await create();
        const path = `/workspace/${unknownId}/deployment`;
        await refused(await send('GET', `${path}/${id}`), 404, 'resourceDoesNotExist');
        await refused(await send('GET', path), 404, 'resourceDoesNotExist');
      });
    });

    describe('repositories and releases', () => {
      const own = (repositoryId: string, changes: Record<string, unknown> = {}) => ({
        registry: 'registry.patr.cloud',
        imageName: undefined,
        repositoryId,
        imageTag: 'Latest',
        deployOnPush: true,
        ...changes,
      });

      it('creates, lists and deletes repositories', async () => {
        const id = await repository();
        await refused(await send('POST', repositories(), { name: 'shop' }), 409, 'resourceAlreadyExists');
        await refused(await send('POST', repositories(), { name: 'Shop' }), 400, 'wrongParameters');
        const list = await json(await send('GET', repositories()));
        assert.equal((list['repositories'] as { id: string }[])[0]?.id, id);
        const one = await json(await send('GET', `${repositories()}/${id}`));
        assert.equal((one['repository'] as { name: string }).name, 'shop');
        const deployment = await create(own(id));
        const remove = `/workspace/${plane.notary.workspaceId}/docker-registry/${id}`;
        await refused(await send('DELETE', remove), 422, 'resourceInUse', /shop api/);
        await send('DELETE', `${deployments()}/${deployment}`);
        const removed = await send('DELETE', remove);
        assert.equal(removed.status, 200);
        assert.deepEqual(await json(removed), { success: true });
        await refused(await send('DELETE', remove), 404, 'resourceDoesNotExist');
      });

      it('stays created until an image is there, and cannot be started before', async () => {
        const id = await create(own(await repository()));
        const releases = await send('GET', `${deployments()}/${id}/release`);
        assert.deepEqual((await json(releases))['releases'], []);
        await refused(
          await send('POST', `${deployments()}/${id}/start`),
          400,
          'tagNotFound',
          /Push an image/,
        );
      });

      it('releases the digest of the tag, keeps history, and reverts', async () => {
        const { workspaceId } = plane.notary;
        const of = await repository();
        plane.registry.push(`${workspaceId}/shop`, 'latest', digestOf(1));
        const id = await create(own(of));
        plane.registry.push(`${workspaceId}/shop`, 'latest', digestOf(2));
        const path = `${deployments()}/${id}`;
        assert.equal((await send('POST', `${path}/start`)).status, 200);
        const history = await send('GET', `${path}/deploy-history`);
        assert.equal(history.headers.get('x-total-count'), '2');
        const digests = ((await json(history))['deploys'] as { imageDigest: string }[]).map(
          (one) => one.imageDigest,
        );
        assert.deepEqual(digests, [digestOf(2), digestOf(1)]);
        const revert = (digest: string) =>
          send('POST', `${path}/deploy-history/${encodeURIComponent(digest)}/revert`);
        assert.equal((await revert(digestOf(1))).status, 202);
        await refused(await revert(digestOf(3)), 404, 'resourceDoesNotExist');
        const { releases } = await json(await send('GET', `${path}/release`));
        assert.deepEqual(
          (releases as Record<string, unknown>[]).map((one) => [one['cause'], one['digest']]),
          [
            ['revert', digestOf(1)],
            ['start', digestOf(2)],
            ['create', digestOf(1)],
          ],
        );
      });

      it('tells the exposed ports and facts of an image', async () => {
        const of = await repository();
        plane.registry.push(`${plane.notary.workspaceId}/shop`, 'latest', digestOf(1));
        const image = `${repositories()}/${of}/image`;
        const ports = await json(await send('GET', `${image}/latest/exposed-ports`));
        assert.deepEqual(ports['ports'], { 8080: 'http' });
        await refused(await send('GET', `${image}/none/exposed-ports`), 400, 'tagNotFound');
        await refused(await send('GET', `${image}/none`), 404, 'resourceDoesNotExist');
        const facts = await json(await send('GET', `${image}/${encodeURIComponent(digestOf(1))}`));
        assert.equal(facts['digest'], digestOf(1));
        plane.registry.reachable = false;
        await refused(await send('GET', `${image}/latest`), 502, 'registryUnreachable');
      });
    });

    describe('changes', () => {
      it('streams a line per change and ends when the server stops', async () => {
        const response = await send('GET', `/workspace/${plane.notary.workspaceId}/change`);
        assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
        const lines = linesOf(response);
        assert.deepEqual(await lines.next(), { done: false, value: { kind: 'alive' } });
        const id = await create();
        assert.deepEqual((await lines.next()).value, { kind: 'deployment', id });
        await send('DELETE', `${deployments()}/${id}`);
        assert.deepEqual((await lines.next()).value, { kind: 'deploymentDeleted', id });
        plane.stopping.abort();
        assert.equal((await lines.next()).done, true);
        assert.equal(plane.feed.followers, 0);
      });
    });
  });
}

async function* linesOf(response: Response): AsyncGenerator<unknown> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const whole = rest.split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) yield JSON.parse(line) as unknown;
  }
}
