import assert from 'node:assert/strict';
import { parseToken } from '../../../../src/control-plane/auth/apiToken.ts';
import { admitToken } from '../../../../src/control-plane/auth/tokenFile.ts';
import { permissions } from '../../../../src/control-plane/auth/permissions.ts';
import { formatTimestamp } from '../../../../src/protocol/wire.ts';
import { testControlPlane, type TestControlPlane } from '../../../support/controlPlane.ts';
import { addRepository } from '../../../support/deployments.ts';

const [pull] = permissions;

/** What any of the endpoints answers. */
interface Answer {
  readonly id?: string;
  readonly token?: string;
  readonly name?: string;
  readonly error?: string;
  readonly fields?: readonly { readonly field: string }[];
  readonly tokens?: readonly { readonly tokenExp?: string }[];
  readonly permissions?: readonly { readonly id: string }[];
}

describe('API tokens over the API', () => {
  let plane: TestControlPlane;
  beforeEach(() => (plane = testControlPlane()));
  afterEach(() => plane.dispose());

  const workspace = () => plane.notary.workspaceId;
  const everything = () => ({ [workspace()]: { type: 'superAdmin' } });

  async function ask(method: string, path: string, body?: unknown, token = plane.token) {
    const response = await plane.app.request(`http://127.0.0.1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'user-agent': 'test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = text === '' ? {} : (JSON.parse(text) as Answer);
    return { status: response.status, answer };
  }

  async function make(wanted: Record<string, unknown> = {}): Promise<{ id: string; token: string }> {
    const { status, answer } = await ask('POST', '/user/api-token', { name: 'from CI', ...wanted });
    assert.equal(status, 201, JSON.stringify(answer));
    return { id: answer.id ?? '', token: answer.token ?? '' };
  }

  const fieldsOf = async (wanted: Record<string, unknown>): Promise<string[]> => {
    const { status, answer } = await ask('POST', '/user/api-token', { name: 'from CI', ...wanted });
    assert.equal(status, 400);
    return (answer.fields ?? []).map(({ field }) => field);
  };

  it('are shown once and listed without their secret', async () => {
    const until = plane.notary.time + 60_000;
    const { id, token } = await make({ permissions: everything(), tokenExp: formatTimestamp(until) });
    assert.equal(parseToken(token)?.loginId, id);
    const { answer } = await ask('GET', '/user/api-token');
    assert.equal(answer.tokens?.length, 2);
    assert.equal(answer.tokens?.[0]?.tokenExp, formatTimestamp(until));
    assert.ok(!JSON.stringify(answer).includes(parseToken(token)!.secret));
    assert.equal((await ask('GET', `/user/api-token/${id}`)).answer.name, 'from CI');
  });

  it('have one name each, which is free again when the token was revoked', async () => {
    const { id } = await make();
    assert.equal((await ask('POST', '/user/api-token', { name: 'from CI' })).status, 409);
    assert.equal((await ask('DELETE', `/user/api-token/${id}`)).status, 205);
    assert.equal((await ask('DELETE', `/user/api-token/${id}`)).status, 404);
    await make();
  });

  it('are good from their beginning to their end', async () => {
    const { time } = plane.notary;
    const [tokenNbf, tokenExp] = [formatTimestamp(time + 10_000), formatTimestamp(time + 20_000)];
    const { token } = await make({ permissions: everything(), tokenNbf, tokenExp });
    for (const [after, status] of [
      [5000, 401],
      [15_000, 200],
      [25_000, 401],
    ] as const) {
      plane.notary.time = time + after;
      assert.equal((await ask('GET', '/user', undefined, token)).status, status);
    }
  });

  it('get another secret, and the one before is none any more', async () => {
    const { id, token } = await make({ permissions: everything() });
    const { status, answer } = await ask('POST', `/user/api-token/${id}/regenerate`);
    assert.equal(status, 202);
    assert.equal((await ask('GET', '/user', undefined, token)).status, 401);
    const deployments = `/workspace/${workspace()}/deployment`;
    assert.equal((await ask('GET', deployments, undefined, answer.token)).status, 200);
  });

  async function open(token: string) {
    const url = `http://127.0.0.1/workspace/${workspace()}/change`;
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'test' };
    const { body } = await plane.app.request(url, { headers });
    const reader = body!.getReader();
    assert.equal((await reader.read()).done, false);
    return reader;
  }

  it('end the streams that were opened with them, and no others', async () => {
    const [own, { id, token }] = [await open(plane.token), await make({ permissions: everything() })];
    const streams = [await open(token), await open(token)];
    await ask('DELETE', `/user/api-token/${id}`);
    for (const stream of streams) assert.equal((await stream.read()).done, true);
    plane.feed.publish({ kind: 'region', id });
    assert.match(Buffer.from((await own.read()).value!).toString(), /region/);
    await own.cancel();
  });

  it('end their streams where they cannot be looked at any more', async () => {
    const stream = await open(plane.token);
    const { store } = plane.notary;
    store.apiTokens.find = () => {
      throw new Error('disk I/O error');
    };
    store.change((publish) => publish({ kind: 'apiToken', loginId: parseToken(plane.token)!.loginId }));
    assert.equal((await stream.read()).done, true);
  });

  it('may ask what they were made for and no more', async () => {
    const repositoryId = addRepository(plane.notary);
    const scope = { permissionType: 'include', resources: [repositoryId] };
    const member = { [workspace()]: { type: 'member', [pull!.id]: scope } };
    for (const given of [{}, member]) {
      const { id, token } = await make({ permissions: given });
      const status = async (path: string) => (await ask('GET', path, undefined, token)).status;
      assert.equal(await status('/user'), 200);
      assert.equal(await status('/user/workspaces'), 200);
      assert.equal(await status(`/workspace/${workspace()}/deployment`), 401);
      assert.equal(await status('/user/api-token'), 401);
      await ask('DELETE', `/user/api-token/${id}`);
    }
    const { token } = await make({ permissions: everything() });
    assert.equal((await ask('GET', `/workspace/${workspace()}/deployment`, undefined, token)).status, 200);
    const more = await ask('POST', '/user/api-token', { name: 'another' }, token);
    assert.equal(more.answer.error, 'unauthorized');
  });

  it('are not made with what cannot be held to', async () => {
    assert.deepEqual(await fieldsOf({ tokenExp: formatTimestamp(plane.notary.time - 1) }), ['tokenExp']);
    assert.deepEqual(await fieldsOf({ tokenExp: 'tomorrow' }), ['tokenExp']);
    assert.deepEqual(await fieldsOf({ allowedIps: ['10.0.0.0/8'] }), ['allowedIps']);
    const [unknown, here] = ['f'.repeat(32), workspace()];
    const scope = { permissionType: 'include', resources: [unknown] };
    assert.deepEqual(await fieldsOf({ permissions: { [unknown]: { type: 'superAdmin' } } }), [
      `permissions.${unknown}`,
    ]);
    for (const id of [unknown, pull!.id]) {
      const permission = { type: 'member', [id]: scope };
      assert.deepEqual(await fieldsOf({ permissions: { [here]: permission } }), [
        `permissions.${here}.${id}`,
      ]);
    }
  });

  it('keep the one of the token file, until another is in the file', async () => {
    const first = parseToken(plane.token)!.loginId;
    assert.equal((await ask('DELETE', `/user/api-token/${first}`)).answer.error, 'resourceInUse');
    assert.equal((await ask('POST', `/user/api-token/${first}/regenerate`)).status, 422);
    admitToken(plane.notary.store, { secret: 'c'.repeat(32), loginId: 'd'.repeat(32) }, 5);
    assert.equal((await ask('GET', '/user')).status, 401);
  });

  it('can be given the permissions that the workspace lists', async () => {
    const { answer } = await ask('GET', `/workspace/${workspace()}/rbac/permission`);
    assert.deepEqual(
      answer.permissions?.map(({ id }) => id),
      permissions.map(({ id }) => id),
    );
  });
});
