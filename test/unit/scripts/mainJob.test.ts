import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { doMainJob, type MainJobParts } from '../../../scripts/start/mainJob.ts';
import { makeReporter } from '../../../scripts/start/reporter.ts';
import type { JourneyResult } from '../../../src/deploy/contract.ts';

const endpoint = { url: 'http://127.0.0.1:7070', token: 'secret-token', version: '1.0.0' };
const deployment = { deploymentId: 'd1', name: 'sample' };

function partsEnding(result: JourneyResult): MainJobParts {
  return {
    ensureControlPlane: (onProgress) => {
      onProgress({ kind: 'starting' });
      return Promise.resolve(endpoint);
    },
    journey: (_endpoint, onEvent) => {
      onEvent({ kind: 'finished', step: 'context', at: 0, ms: 1 });
      onEvent({ kind: 'finished', step: 'build', at: 0, ms: 20.4 });
      onEvent({ kind: 'finished', step: 'push', at: 0, ms: 30 });
      onEvent({ kind: 'created', ...deployment });
      onEvent({ kind: 'finished', step: 'rollout', at: 0, ms: 40 });
      return Promise.resolve(result);
    },
  };
}

describe('the main job of npm start', () => {
  let server: Server;
  let status = 200;
  let url = '';
  const hosts: (string | undefined)[] = [];

  before((done) => {
    server = createServer((request, response) => {
      hosts.push(request.headers.host);
      response.writeHead(status).end('hello');
    }).listen(0, '127.0.0.1', () => {
      url = `http://sample.localhost:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after((done) => {
    server.close(done);
  });

  async function run(result: JourneyResult): Promise<{ people: string; lines: Record<string, unknown>[] }> {
    const people: string[] = [];
    const lines: string[] = [];
    const reporter = makeReporter(
      (line) => people.push(line),
      (line) => lines.push(line),
    );
    await doMainJob(partsEnding(result), reporter, AbortSignal.timeout(5000));
    return {
      people: people.join('\n'),
      lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  }
  const serving = (): JourneyResult => ({
    kind: 'serving',
    ...deployment,
    digest: 'sha256:1',
    release: 1,
    url,
  });

  it('gives a line of JSON for each step, and asks the address by its name', async () => {
    const { people, lines } = await run(serving());
    assert.deepEqual(
      lines.map(({ step }) => step),
      ['control-plane', 'built', 'pushed', 'created', 'rolled-out', 'served'],
    );
    assert.equal(lines[1]?.['ms'], 20);
    assert.deepEqual([lines.at(-1)?.['url'], lines.at(-1)?.['status']], [url, 200]);
    assert.equal(hosts.at(-1), new URL(url).host);
    assert.match(people, /Image built \(0\.0 s\)/);
  });

  it('never prints the token', async () => {
    const { people, lines } = await run(serving());
    assert.ok(!`${people}${JSON.stringify(lines)}`.includes(endpoint.token));
  });

  it('says why when the deployment is not healthy', async () => {
    const reason = { code: 'exited' as const, message: 'It exits with code 3 after 1 s.' };
    await assert.rejects(run({ kind: 'unhealthy', ...deployment, reason }), {
      name: 'SetupError',
      message: 'sample is not healthy: It exits with code 3 after 1 s.',
    });
  });

  it('is not content with an address that answers an error', async () => {
    status = 503;
    await assert.rejects(run(serving()), /answers 503: hello/);
  });
});
