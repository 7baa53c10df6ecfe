import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildProgram } from '../../esbuild.config.mjs';
import type { Bench } from '../../scripts/bench/bench.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createClient, type Api } from '../../src/client/client.ts';
import { openSocket } from '../../src/client/socket.ts';
import { label, labelsOf } from '../../src/control-plane/labels.ts';
import { nodeFlags } from '../../src/local/containerSpec.ts';
import type { LogLine } from '../../src/protocol/shapes/log.ts';
import { aContainer, openTestEngine, type TestEngine } from '../support/engine.ts';
import { median, percentile } from './median.ts';
import { residentMegabytes } from './processFigures.ts';

const lines = 300_000;
const samples = 500;
const soakMs = 600_000;
/** What a start needs is taken by then. */
const warmMs = 60_000;

/** Output of instances on the real engine, from the container to a client, by way of the store and its stream. */
export const bench: Bench = {
  name: 'logs',
  figures: {
    'logs.lines_per_s': 'lines per second from a container that prints 300,000 to a client',
    'logs.docker_lines_per_s': 'the same with `docker logs -f`',
    'logs.lines_per_s_ratio': 'the first by the second (1: as fast)',
    'logs.line_latency_ms_median': 'from the print of one line to the client, median in ms',
    'logs.line_latency_ms_p99': 'the same, 99th percentile',
    'logs.soak_rss_growth_mb':
      'growth of resident memory from minute 1 to minute 10 of full noise, server and client, in MB (aim flat)',
    'logs.soak_server_rss_mb': 'resident memory of the server at its end, in MB',
    'logs.soak_client_rss_mb': 'resident memory of the client, this process, at its end, in MB',
  },
  async run({ images, say }) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
    const ground = await open();
    try {
      say('lines per second');
      const perSecond = await ground.linesPerSecond();
      const docker = await ground.dockerLinesPerSecond();
      say('latency');
      const latencies = await ground.latencies(images.node);
      say('noise for ten minutes');
      return {
        'logs.lines_per_s': perSecond,
        'logs.docker_lines_per_s': docker,
        'logs.lines_per_s_ratio': perSecond / docker,
        'logs.line_latency_ms_median': median(latencies),
        'logs.line_latency_ms_p99': percentile(latencies, 0.99),
        ...(await ground.soak()),
      };
    } finally {
      await ground.close();
    }
  },
};

interface Where {
  readonly url: string;
  readonly token: string;
  readonly workspaceId: string;
  readonly deploymentId: string;
}

const printing = `yes "$(printf '%080d' 0)" | head -n ${lines}; echo end`;

async function open() {
  const test = await openTestEngine();
  const region = test.prefix.slice(-8);
  const folder = await mkdtemp(join(tmpdir(), 'patr-bench-'));
  await buildProgram('server', join(import.meta.dirname, '../support/logServer.ts'), folder);
  const server = spawn(process.execPath, [...nodeFlags, join(folder, 'server.mjs'), region], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const where = JSON.parse(line) as Where;
  const api = clientOf(where);
  return {
    async linesPerSecond(): Promise<number> {
      const following = follow(api, where, (one) => one.log === 'end');
      await print(test, region, where.deploymentId, 'sh', '-c', printing);
      return following;
    },
    async dockerLinesPerSecond(): Promise<number> {
      const id = await print(test, undefined, '', 'sh', '-c', printing);
      const reading = spawn('docker', ['logs', '-f', id], { stdio: ['ignore', 'pipe', 'ignore'] });
      return rateOf(reading);
    },
    async latencies(node: string): Promise<readonly number[]> {
      const found: number[] = [];
      const following = follow(api, where, ({ log }) => {
        if (log.startsWith('at '))
          found.push(performance.timeOrigin + performance.now() - Number(log.slice(3)));
        return found.length >= samples;
      });
      const program = `setInterval(() => console.log('at ' + (performance.timeOrigin + performance.now())), 20)`;
      const id = await print(test, region, where.deploymentId, 'node', '-e', program, node);
      await following;
      await test.engine.removeContainer(id);
      return found;
    },
    async soak() {
      const left = new AbortController();
      const id = await print(test, region, where.deploymentId, 'yes', 'noise without an end');
      const reading = follow(api, where, () => left.signal.aborted);
      await systemClock.sleep(warmMs);
      const before = await memory(server);
      await systemClock.sleep(soakMs - warmMs);
      const after = await memory(server);
      left.abort();
      await reading;
      await test.engine.removeContainer(id);
      return {
        'logs.soak_rss_growth_mb': after.server + after.client - before.server - before.client,
        'logs.soak_server_rss_mb': after.server,
        'logs.soak_client_rss_mb': after.client,
      };
    },
    async close(): Promise<void> {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      await test.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function clientOf({ url, token }: Where): Api {
  const ways = { fetch, openSocket, userAgent: 'patr-deployments/bench', clock: systemClock };
  return createClient({ url, token, ...ways, chance: Math.random, timeoutMs: 20_000 });
}

/** Follows until a line is the last one. Resolves with the lines per second from the first to the last. */
async function follow(api: Api, where: Where, isLast: (line: LogLine) => boolean): Promise<number> {
  const { workspaceId, deploymentId } = where;
  let [first, count] = [0, 0];
  for await (const some of api.followLogs({ params: { workspaceId, deploymentId }, query: {} })) {
    if (first === 0 && some.length > 0) first = performance.now();
    for (const { dropped = 1 } of some) count += dropped;
    if (some.some(isLast)) break;
  }
  return count / ((performance.now() - first) / 1000);
}

async function rateOf(reading: ChildProcess): Promise<number> {
  let [first, bytes] = [0, 0];
  for await (const chunk of reading.stdout!) {
    if (first === 0) first = performance.now();
    bytes += (chunk as Buffer).length;
  }
  // Every line has eighty digits.
  return bytes / 81 / ((performance.now() - first) / 1000);
}

async function print(
  test: TestEngine,
  region: string | undefined,
  deploymentId: string,
  command: string,
  ...rest: string[]
): Promise<string> {
  const image = command === 'node' ? rest.pop() : undefined;
  const own = region === undefined ? {} : labelsOf(region, 'instance');
  const made = await test.engine.createContainer(
    aContainer({
      name: `${test.prefix}-${Math.random().toString(36).slice(2, 10)}`,
      labels: { ...test.labels, ...own, [label.deployment]: deploymentId, [label.instance]: 'a'.repeat(32) },
      command: [command, ...rest],
      ...(image === undefined ? {} : { image }),
      log: { maxBytes: 20_000_000, files: 5 },
    }),
  );
  if (typeof made === 'string') throw new Error(made);
  await test.engine.startContainer(made.id);
  return made.id;
}

/** In MB. */
async function memory(server: ChildProcess): Promise<{ server: number; client: number }> {
  return { server: await residentMegabytes(server.pid!), client: await residentMegabytes(process.pid) };
}
