import assert from 'node:assert/strict';
import { pipeline, Readable } from 'node:stream';
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
    for (const behaviour of [answer(205, 'junk'), json({ success: true }), answer(200, '')]) {
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
    server.next(answer(200, 'a proxy'));
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

  it('never sends twice what would be done twice', async () => {
    for (const fault of [reset, answer(502, ''), answer(503, ''), truncated('{')]) {
      server.next(fault);
      const failure = await failureOf(api.createRepository({ params: wsParams, body: { name: 'shop' } }));
      assert.ok(failure instanceof Unreachable && failure.sent);
      assert.equal(server.asked.length, 1);
    }
  });

  it('sends again what makes no difference, unless it is on a condition that it ends itself', async () => {
    for (const fault of [reset, answer(502, ''), truncated('{')]) {
      server.next(fault, json({ success: true }));
      await api.updateDeployment({ params, body: { name: 'shop 2' } });
      server.next(fault, json({ success: true }));
      await api.stopDeployment({ params });
      assert.equal(server.asked.length, 2);
      server.next(fault);
      await failureOf(api.updateDeployment({ params, body: { name: 'shop 2', ifRevision: 3 } }));
      assert.equal(server.asked.length, 1);
    }
  });

  it('sends anything again that has not been done: the server asked for patience, or nobody was there', async () => {
    server.next(answer(429, '{}'), json({ success: true, id: id(5) }, 201));
    assert.equal((await api.createRepository({ params: wsParams, body: { name: 'shop' } })).id, id(5));
    let refusals = 2;
    const knocking: typeof fetch = (...asked) =>
      refusals-- > 0
        ? Promise.reject(
            new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
          )
        : fetch(...asked);
    server.next(json({ success: true, id: id(6) }, 201));
    const made = await connect({ fetch: knocking }).createRepository({
      params: wsParams,
      body: { name: 'b' },
    });
    assert.deepEqual([made.id, server.asked.length], [id(6), 1]);
  });

  it('takes what it has deleted by an attempt without an answer for deleted', async () => {
    const gone = json({ success: false, error: 'resourceDoesNotExist', message: 'Gone.' }, 404);
    server.next(reset, gone);
    await api.deleteDeployment({ params });
    server.next(gone);
    assert.ok((await failureOf(api.deleteDeployment({ params }))) instanceof ProblemError);
  });

  it('does not take a web page for a success, whatever was asked', async () => {
    const page = answer(200, '<!DOCTYPE html><title>Hotel Wi-Fi</title>', { 'content-type': 'text/html' });
    server.next(page);
    for (const call of [
      api.getDeployment({ params }),
      api.stopDeployment({ params }),
      api.deleteDeployment({ params }),
    ])
      assert.match((await failureOf(call)).message, /a web page answered: the sign-in page of a network/);
    assert.match(
      String(await failureOf(Array.fromAsync(api.followChanges({ params: wsParams })))),
      /a web page answered/,
    );
    server.next(answer(200, 'OK'));
    assert.ok((await failureOf(api.deleteDeployment({ params }))) instanceof NotUnderstood);
    server.next(json({ success: false, error: 'resourceInUse', message: 'Used.' }));
    assert.ok((await failureOf(api.deleteDeployment({ params }))) instanceof ProblemError);
  });

  it('shows its token to no other server', async () => {
    server.next(answer(302, '', { location: 'https://login.example.com/?from=here' }));
    const failure = await failureOf(api.stopDeployment({ params }));
    assert.match(failure.message, /sends on to https:\/\/login\.example\.com, which is not asked/);
    assert.equal(server.asked.length, 1);
  });

  it('does not read an answer without an end', async () => {
    const endless = function* () {
      for (;;) yield Buffer.alloc(1024 * 1024, 'x');
    };
    server.next((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      // It ends when the client has had enough.
      pipeline(Readable.from(endless()), response, () => undefined);
    });
    assert.match((await failureOf(api.getDeployment({ params }))).message, /answers with more than 64 MB/);
  });

  it('waits as long as it is asked to, in seconds or until a date by the clock of the server', async () => {
    const hoursOff = clock.now() - 5 * 3_600_000;
    const date = (ms: number) => new Date(hoursOff + ms).toUTCString();
    const until = answer(429, '', { date: date(0), 'retry-after': date(7000) });
    server.next(answer(429, '', { 'retry-after': '3' }), until, json({ success: true, ...deployment }));
    await api.getDeployment({ params });
    assert.deepEqual(clock.waits, [3000, 7000]);
  });

  it('tells instead of waiting for longer than a minute', async () => {
    server.next(answer(503, '<h1>Down</h1>', { 'retry-after': '600' }));
    const failure = await failureOf(api.getDeployment({ params }));
    assert.ok(failure instanceof Unreachable);
    assert.equal(failure.retryAfterMs, 600_000);
    assert.match(failure.message, /is away: .*status 503\. It wants to be left alone for 10 min\. Try again/);
    server.next(answer(429, '', { 'retry-after': '40' }));
    const limited = await failureOf(api.createRepository({ params: wsParams, body: { name: 'shop' } }));
    assert.match(limited.message, /asked too often\. It wants to be left alone for 40 s\. Try again later/);
    assert.deepEqual([clock.waits, server.asked.length], [[40_000], 2]);
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
    const { backend: theirs } = await openServer(connection());
    assert.deepEqual(
      [theirs.product, theirs.registry.host, theirs.offers('changes')],
      ['Patr', new URL(server.url).host, false],
    );
  });
});
