import assert from 'node:assert/strict';
import type { Api, CallName } from '../../../src/client/client.ts';
import { createClient } from '../../../src/client/client.ts';
import { Unreachable } from '../../../src/client/errors.ts';
import { careful } from '../../../src/client/generations/careful.ts';
import type { Generation } from '../../../src/client/generations/dialect.ts';
import type { Connection } from '../../../src/client/request.ts';
import type { Endpoint } from '../../../src/protocol/endpoint.ts';
import { endpoints } from '../../../src/protocol/endpoints.ts';
import { ProblemError } from '../../../src/protocol/problems.ts';
import * as faults from '../../support/faultyProxy.ts';
import { FaultyProxy, instead, type Fault } from '../../support/faultyProxy.ts';
import { handClock, type HandClock } from '../../support/handClock.ts';
import { dialects, jsonCalls, meantForPeople } from '../../support/patr/calls.ts';
import { openServerOf, type OpenedServer } from '../../support/patr/servers.ts';

const page = { 'content-type': 'text/html' };

/**
 * `everywhere`: met in front of every generation, the others in front of our control plane alone, since what a client
 * does about them is the same. `passes`: in the end everything is as if nothing had happened. `undone`: the server
 * cannot have done anything.
 */
interface Trouble {
  readonly fault: Fault;
  readonly everywhere?: true;
  readonly passes?: true;
  readonly undone?: true;
  /** Of an attempt, in milliseconds. */
  readonly limit?: number;
}

const troubles: Readonly<Record<string, Trouble>> = {
  'everything passes': { everywhere: true, fault: faults.nothing, passes: true },
  'answers come byte after byte': { fault: faults.drip, passes: true },
  'the clock of the server is five hours ahead': { fault: faults.skewed(5 * 3_600_000), passes: true },
  'connections are reset before anything came': { fault: faults.resetBefore },
  'connections are reset when the server has done it': { everywhere: true, fault: faults.resetAfter },
  'connections are reset inside of answers': { fault: faults.resetInside },
  'answers end too early': { everywhere: true, fault: faults.cutShort },
  'chunks are shorter than they are said to be': { fault: faults.cutChunk },
  'chunks have no size': { fault: faults.noChunk },
  'half of the JSON is sent as if it were all': { fault: faults.halfJson },
  'nothing is ever answered': { everywhere: true, fault: faults.silent, limit: 150 },
  'answers stop in the middle': { fault: faults.stuck, limit: 150 },
  'everything is answered by 429': { fault: instead(429, ''), undone: true },
  'everything is answered by 429 and a wish to be left alone for two seconds': {
    fault: instead(429, '{}', { 'retry-after': '2' }),
    undone: true,
  },
  'everything is answered by 502 with a page': {
    everywhere: true,
    fault: instead(502, '<html>Bad gateway</html>', page),
  },
  'everything is answered by 503 until next year': {
    fault: instead(503, '<html>Down</html>', { ...page, 'retry-after': 'Wed, 01 Jan 2070 00:00:00 GMT' }),
  },
  'everything is answered by 504': { fault: instead(504, '') },
  'a network wants a sign-in first, with a page': {
    everywhere: true,
    fault: instead(200, '<html>Welcome</html>', page),
  },
  'a network wants a sign-in first, at another address': {
    fault: instead(302, '', { location: 'http://portal.example/' }),
  },
};

for (const [generation, dialect] of Object.entries(dialects)) {
  describe(`every endpoint of a server (${generation}) behind a proxy`, () => {
    let server: OpenedServer;
    let proxy: FaultyProxy;
    let clock: HandClock;
    let params: Readonly<Record<string, string>>;

    const connection = (changes: Partial<Connection> = {}): Connection => ({
      url: proxy.url,
      token: server.token,
      fetch,
      userAgent: 'patr-deployments/test',
      clock,
      chance: () => 0,
      timeoutMs: 20_000,
      ...changes,
    });
    const clientOf = (changes: Partial<Connection> = {}): Api =>
      careful(createClient(connection(changes), dialect), dialect);

    before(async () => {
      server = await openServerOf[generation as Generation]();
      proxy = await FaultyProxy.start(server.url);
      clock = handClock(120_000);
      const api = clientOf();
      const { workspaces } = await api.listWorkspaces();
      const workspaceId = workspaces[0]!.id;
      const { runners } = await api.listRunners({ params: { workspaceId } });
      const { machineTypes } = await api.listMachineTypes({ params: { workspaceId } });
      const body = {
        name: 'shop api',
        registry: 'docker.io',
        imageName: 'library/nginx',
        imageTag: '1.27',
        runner: runners[0]!.id,
        machineType: machineTypes[0]!.id,
        deployOnPush: false,
        deployOnCreate: false,
        minHorizontalScale: 1,
        maxHorizontalScale: 1,
        ports: { 80: 'http' as const },
      };
      const { id } = await api.createDeployment({ params: { workspaceId }, body });
      const known: Record<string, string> = { workspaceId, deploymentId: id };
      params = new Proxy(known, { get: (all, name) => all[String(name)] ?? '1'.repeat(32) });
    });
    after(async () => {
      await proxy.stop();
      await server.close();
    });
    beforeEach(() => {
      clock = handClock(120_000);
    });

    /** Asks with everything that a path may need; what would take the deployment away is about another one. */
    function call(api: Api, name: CallName, options = {}): Promise<unknown> {
      const at = name === 'deleteDeployment' ? { ...params, workspaceId: params['workspaceId'] } : params;
      const given = { params: name === 'deleteDeployment' ? away(at) : at, body: {} };
      return (api[name] as (given: unknown, options: unknown) => Promise<unknown>)(given, options);
    }
    const away = ({ workspaceId = '' }): object => ({ workspaceId, deploymentId: '2'.repeat(32) });

    const met = Object.entries(troubles).filter(
      ([, { everywhere = false }]) => everywhere || generation === 'own',
    );
    for (const [what, { fault, passes, undone, limit }] of met) {
      it(`has an answer or an error that is meant for people, and does nothing twice, while ${what}`, async () => {
        proxy.next(fault);
        await Promise.all(
          jsonCalls.map(async (name) => {
            let writes = 0;
            const counting: typeof fetch = (url, init) => {
              if (init?.method !== 'GET') writes += 1;
              return fetch(url, init);
            };
            const api = clientOf({ fetch: counting, ...(limit === undefined ? {} : { timeoutMs: limit }) });
            const [outcome] = await Promise.allSettled([call(api, name)]);
            const error = outcome?.status === 'rejected' ? (outcome.reason as Error) : undefined;
            if (error !== undefined) {
              assert.ok(
                meantForPeople.some((kind) => error instanceof kind),
                `${name} failed with ${String(error.stack)}`,
              );
              // A refusal is in the server's own words.
              const sentence = error instanceof ProblemError ? /\S/ : /^\S+ .*\.$/s;
              assert.match(error.message, sentence, name);
            }
            if (passes === true) assert.ok(!(error instanceof Unreachable), `${name}: ${error?.message}`);
            const { method, repeatable } = endpoints[name] as Endpoint;
            const most = method === 'GET' ? 0 : repeatable || undone === true ? 4 : 1;
            assert.ok(writes <= most, `${name} was sent ${writes} times`);
          }),
        );
        await proxy.idle();
      });
    }

    const moments: Readonly<Record<string, (leave: () => void) => Fault>> = {
      'it is on its way': (leave) => () => leave(),
      'its answer comes': (leave) => async (passage) => {
        await faults.stuck(passage);
        setImmediate(leave);
      },
      'the next attempt is waited for': (leave) => (passage) => {
        passage.response.once('close', () => setImmediate(leave));
        return instead(503, '')(passage);
      },
    };
    for (const [moment, faultOf] of Object.entries(moments)) {
      it(`is left at once by whoever leaves while ${moment}`, async () => {
        clock = handClock();
        const reason = new Error('the person left');
        const leaving = new AbortController();
        const offered = jsonCalls.filter((name) => dialect.has(name) && endpoints[name].method === 'GET');
        proxy.next(faultOf(() => leaving.abort(reason)));
        const calls = offered.map((name) => call(clientOf(), name, { signal: leaving.signal }));
        for (const outcome of await Promise.allSettled(calls))
          if (outcome.status === 'rejected') assert.equal(outcome.reason, reason);
          else assert.fail('it was answered');
        await proxy.idle();
      });
    }
  });
}
