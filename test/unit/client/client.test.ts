import assert from 'node:assert/strict';
import { createClient, type Api } from '../../../src/client/client.ts';
import { NotOffered, NotUnderstood, Unreachable } from '../../../src/client/errors.ts';
import type { Connection } from '../../../src/client/request.ts';
import { openServer } from '../../../src/client/server.ts';
import { ProblemError } from '../../../src/protocol/problems.ts';
import {
  answer,
  faultyServer,
  json,
  reset,
  silent,
  truncated,
  type FaultyServer,
} from '../../support/faultyServer.ts';
import { handClock, type HandClock } from '../../support/handClock.ts';

const id = (digit: number): string => String(digit).repeat(32);
const workspaceId = id(1);
const params = { workspaceId, deploymentId: id(2) };
const wsParams = { workspaceId };
const deployment = {
  id: id(2),
  name: 'shop',
  registry: 'docker.io',
  imageName: 'library/nginx',
  imageTag: 'latest',
  status: 'running',
  runner: id(3),
  machineType: id(4),
};
const list = (...names: string[]): object => ({
  deployments: names.map((name) => ({ ...deployment, name })),
});

describe('the client', () => {
  let server: FaultyServer;
  let clock: HandClock;
  let api: Api;
  const connection = (changes: Partial<Connection> = {}): Connection => ({
    url: server.url,
    token: 'patrv1.secret.id',
    fetch,
    userAgent: 'patr-deployments/1.2.3',
    clock,
    chance: () => 0,
    timeoutMs: 20_000,
    ...changes,
  });
  const connect = (changes: Partial<Connection> = {}): Api => createClient(connection(changes));
  const failureOf = async (call: Promise<unknown>): Promise<Error> => {
    const [outcome] = await Promise.allSettled([call]);
    assert.ok(outcome?.status === 'rejected' && outcome.reason instanceof Error, 'it did not fail');
    return outcome.reason;
  };

  before(async () => {
    server = await faultyServer();
  });
  after(() => server.close());
  beforeEach(() => {
    clock = handClock(120_000);
    api = connect();
  });

  it('shows its token and names itself with every request, and sends no body where none belongs', async () => {
    server.next(answer(202, ''));
    await api.stopDeployment({ params });
    const [asked] = server.asked;
    assert.equal(asked!.method, 'POST');
    assert.equal(asked!.path, `/workspace/${workspaceId}/deployment/${id(2)}/stop`);
    assert.equal(asked!.headers.authorization, 'Bearer patrv1.secret.id');
    assert.equal(asked!.headers['user-agent'], 'patr-deployments/1.2.3');
    assert.equal(asked!.headers['content-type'], undefined);
    assert.equal(asked!.body, '');
  });

  it('sends a body as JSON, and the parts of a path encoded', async () => {
    server.next(json({ success: true, id: id(5) }, 201));
    const made = await api.createRepository({ params: wsParams, body: { name: 'shop' } });
    assert.equal(made.id, id(5));
    assert.equal(server.asked[0]!.body, '{"name":"shop"}');
    assert.equal(server.asked[0]!.headers['content-type'], 'application/json');
    server.next(answer(202, ''));
    await api.revertDeployment({ params: { ...params, digest: 'sha256:a/../b' } });
    assert.ok(server.asked[0]!.path.endsWith('/deploy-history/sha256%3Aa%2F..%2Fb/revert'));
  });

  it('reads nothing into a 205, a body that says only success, or nothing at all', async () => {
    for (const behaviour of [
      answer(205, ''),
      json({ success: true }),
      answer(200, ''),
      answer(202, 'junk'),
    ]) {
      server.next(behaviour);
      assert.equal(await api.deleteDeployment({ params }), undefined);
    }
  });

  it('passes over fields and statuses that it does not know', async () => {
    server.next(json({ success: true, ...deployment, status: 'hibernating', mood: 'good' }));
    const read = await api.getDeployment({ params });
    assert.equal(read.status, 'unknown');
    assert.equal(read.name, 'shop');
    assert.deepEqual(read.ports, {});
  });

  it('builds a refusal again with its code, its status, its sentence and its fields', async () => {
    const fields = [{ field: 'name', message: 'must be shorter' }, 'junk', { field: 1 }];
    server.next(json({ success: false, error: 'wrongParameters', message: 'No.', fields }, 400));
    const failure = await failureOf(api.getDeployment({ params }));
    assert.ok(failure instanceof ProblemError);
    assert.deepEqual(
      [failure.code, failure.status, failure.message, failure.fields],
      ['wrongParameters', 400, 'No.', [{ field: 'name', message: 'must be shorter' }]],
    );
  });

  it('tells an endpoint that is not there from a thing that is not there', async () => {
    server.next(answer(404, ''));
    assert.ok((await failureOf(api.getDeployment({ params }))) instanceof NotOffered);
    server.next(json({ success: false, error: 'resourceDoesNotExist', message: 'Gone.' }, 404));
    assert.ok((await failureOf(api.getDeployment({ params }))) instanceof ProblemError);
  });

  it('says which answer it did not understand, and why', async () => {
    server.next(answer(200, '<html>proxy</html>'));
    const page = await failureOf(api.getDeployment({ params }));
    assert.ok(page instanceof NotUnderstood);
    assert.match(page.message, /GET \/workspace\/:workspaceId\/deployment\/:deploymentId .*not JSON/);
    server.next(json({ success: true, deployments: [{ ...deployment, id: 'short' }] }));
    const odd = await failureOf(api.listDeployments({ params: wsParams }));
    assert.ok(odd instanceof NotUnderstood);
    assert.match(odd.message, /deployments\.0\.id: must be 32/);
  });

  it('makes a sentence of a failure without a reason', async () => {
    server.next(answer(500, 'Internal Server Error'));
    assert.match((await failureOf(api.getDeployment({ params }))).message, /status 500 .*server's log/);
  });

  for (const [what, fault] of [
    ['a reset', reset],
    ['a body that breaks off', truncated('{"success":tr')],
    ['429', answer(429, '')],
    ['502', answer(502, '')],
    ['503', answer(503, '')],
    ['504', answer(504, '')],
  ] as const) {
    it(`asks again after ${what}, later each time, when nothing is changed by it`, async () => {
      server.next(fault, fault, json({ success: true, ...deployment }));
      assert.equal((await api.getDeployment({ params })).name, 'shop');
      assert.equal(server.asked.length, 3);
      assert.deepEqual(clock.waits, [250, 500]);
    });
  }

  it('gives up after four attempts, with a sentence', async () => {
    server.next(reset);
    const failure = await failureOf(api.getDeployment({ params }));
    assert.ok(failure instanceof Unreachable);
    assert.match(failure.message, /^127\.0\.0\.1:\d+ cannot be reached.*Check that/);
    assert.equal(server.asked.length, 4);
  });

  it('never sends a change twice', async () => {
    for (const fault of [reset, answer(503, ''), truncated('{')]) {
      server.next(fault);
      await failureOf(api.createRepository({ params: wsParams, body: { name: 'shop' } }));
      assert.equal(server.asked.length, 1);
    }
  });

  it('waits as long as it is asked to, in seconds or until a date, but no longer than a minute', async () => {
    const later = new Date(clock.now() + 7000).toUTCString();
    const tired = (after: string) => answer(429, '', { 'retry-after': after });
    server.next(tired('3'), tired(later), tired('86400'), json({ success: true, ...deployment }));
    await api.getDeployment({ params });
    const [first, second, third] = clock.waits;
    assert.equal(first, 3000);
    assert.ok(second! > 2000 && second! <= 7000, String(second));
    assert.equal(third, 60_000);
  });

  it('does not ask again after a refusal', async () => {
    server.next(json({ success: false, error: 'unauthorized', message: 'No.' }, 401));
    await failureOf(api.getDeployment({ params }));
    assert.equal(server.asked.length, 1);
  });

  it('gives up an attempt that takes too long', async () => {
    server.next(silent);
    const call = connect({ timeoutMs: 20 }).stopDeployment({ params });
    assert.match((await failureOf(call)).message, /did not answer within 0 s/);
  });

  it('ends with the reason of the caller, during an attempt or between two', async () => {
    const reason = new Error('the person left');
    const during = new AbortController();
    server.next(() => during.abort(reason));
    assert.equal(await failureOf(api.getDeployment({ params }, { signal: during.signal })), reason);
    clock = handClock();
    const between = new AbortController();
    server.next((response) => {
      response.writeHead(503).end();
      setImmediate(() => between.abort(reason));
    });
    assert.equal(await failureOf(connect().getDeployment({ params }, { signal: between.signal })), reason);
  });

  it('reads a paged list to its end', async () => {
    const full = list(...Array.from({ length: 200 }, (_, n) => `app ${n}`));
    const rows = (): Promise<unknown[]> =>
      Array.fromAsync(api.pages('listDeployments', { params: wsParams }, ({ deployments }) => deployments));
    server.next(json(full), json(list('last')));
    assert.equal((await rows()).length, 201);
    assert.deepEqual(
      server.asked.map(({ path }) => path.split('?')[1]),
      ['count=200&page=0', 'count=200&page=1'],
    );
    server.next(json(full), json(list(), 200, { 'x-total-count': '0' }));
    assert.equal((await rows()).length, 200);
  });

  it('believes the total of a page that has rows: of a server with smaller pages nothing is missed', async () => {
    const total = { 'x-total-count': '3' };
    server.next(json(list('a', 'b'), 200, total), json(list('c'), 200, total));
    const rows = api.pages('listDeployments', { params: wsParams }, ({ deployments }) => deployments);
    assert.equal((await Array.fromAsync(rows)).length, 3);
    assert.equal(server.asked.length, 2);
  });

  it('learns what a server offers, and takes one that does not know the question for Patr', async () => {
    const registry = { host: '127.0.0.1:7050', username: 'patr' };
    server.next(
      json({ success: true, product: 'Ours', version: '1.0.0', capabilities: ['changes'], registry }),
    );
    const { backend: ours } = await openServer(connection());
    assert.deepEqual([ours.offers('changes'), ours.offers('releases')], [true, false]);
    assert.deepEqual([ours.answers('listReleases'), ours.answers('listTags')], [false, true]);
    assert.equal(ours.registry.host, '127.0.0.1:7050');
    server.next(answer(404, ''), json({ success: true, workspaces: [] }));
    const { backend: cloud } = await openServer(connection());
    assert.deepEqual(
      [cloud.product, cloud.registry.host, cloud.offers('changes')],
      ['Patr', 'registry.patr.cloud', false],
    );
  });
});
