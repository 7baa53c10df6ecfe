import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { must } from '../../scripts/setup/processes.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { freePort } from '../support/editor/freePort.ts';
import {
  applicationArgs,
  haproxyArgs,
  nginxProxyArgs,
  startServer,
  withDebianPrograms,
  type DebianPrograms,
} from './debianProxies.ts';
import { median } from './median.ts';

const rounds = 15;
const seconds = 1;
const connections = 32;
const addresses = ['127.4.0.1', '127.4.0.2'];

const ways = ['direct', 'edge', 'haproxy', 'nginx'] as const;
type Way = (typeof ways)[number];

/** Requests in a second, and the time in milliseconds within which 99 of 100 were answered. */
interface Rate {
  readonly rps: number;
  readonly p99: number;
}

const each = `GET over ${connections} kept-alive connections, wrk from Debian; medians of ${rounds} rounds of ${seconds} s, taken in turn`;

/** The edge against Debian's proxies with static configurations, before the same application in the same run. */
export const bench: Bench = {
  name: 'edge',
  figures: {
    'edge.rps_ratio_to_haproxy': `requests per second against a bare HAProxy (aim at least 0.9): ${each}`,
    'edge.p99_ratio_to_haproxy':
      '99th percentile of the time to answer against a bare HAProxy (aim at most 1.1)',
    'edge.rps_ratio_to_nginx': 'requests per second against nginx as a proxy',
    'edge.rps': 'requests per second through the edge',
    'edge.haproxy_rps': 'through the bare HAProxy',
    'edge.nginx_rps': 'through nginx',
    'edge.direct_rps': 'to the application itself',
    'edge.p99_ms': '99th percentile in milliseconds through the edge',
    'edge.haproxy_p99_ms': 'through the bare HAProxy',
    'edge.nginx_p99_ms': 'through nginx',
    'edge.direct_p99_ms': 'to the application itself',
  },
  async run(context) {
    process.env['PATR_TEST_IMAGES'] = JSON.stringify(context.images);
    const folder = await mkdtemp(join(tmpdir(), 'patr-edge-bench-'));
    const edge = await startTestEdge({ slots: 256 });
    try {
      return await withDebianPrograms((programs) => measure(edge, folder, programs, context));
    } finally {
      await edge.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(edge: TestEdge, folder: string, programs: DebianPrograms, { say }: BenchContext) {
  const [port, haproxyPort, nginxPort] = [await freePort(), await freePort(), await freePort()];
  const upstreams = addresses.map((address) => `${address}:${port}`);
  const stops: (() => Promise<void>)[] = [];
  const start = async (program: string, args: readonly string[], at: number, address?: string) => {
    stops.push(await startServer(program, args, at, address));
  };
  try {
    const application = await applicationArgs(join(folder, 'app'), addresses, port);
    await start(programs.nginx, application, port, addresses[0]);
    await start(
      programs.haproxy,
      await haproxyArgs(join(folder, 'haproxy'), haproxyPort, upstreams),
      haproxyPort,
    );
    await start(programs.nginx, await nginxProxyArgs(join(folder, 'nginx'), nginxPort, upstreams), nginxPort);
    const members = addresses.map((address, index) => {
      return { instanceId: `one${index}`, address, protocol: 'http1', state: 'ready' } as const;
    });
    await edge
      .edge()
      .apply({ deploymentId: 'e'.repeat(32), ports: [{ port, hosts: ['web.localhost'], members }] });
    const urls: Readonly<Record<Way, string>> = {
      direct: `http://${upstreams[0]}/`,
      edge: `http://127.0.0.1:${edge.httpPort}/`,
      haproxy: `http://127.0.0.1:${haproxyPort}/`,
      nginx: `http://127.0.0.1:${nginxPort}/`,
    };
    return figuresOf(await inTurn(urls, say));
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function inTurn(
  urls: Readonly<Record<Way, string>>,
  say: (line: string) => void,
): Promise<ReadonlyMap<Way, readonly Rate[]>> {
  const rates = new Map<Way, Rate[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) {
      const rate = await rateOf(urls[way]);
      rates.get(way)?.push(rate);
      say(`round ${round + 1}, ${way}: ${rate.rps.toFixed(0)}/s, 99 % within ${rate.p99.toFixed(2)} ms`);
    }
  }
  return rates;
}

function figuresOf(rates: ReadonlyMap<Way, readonly Rate[]>): Record<string, number> {
  const all = (way: Way, what: keyof Rate): number[] => (rates.get(way) ?? []).map((rate) => rate[what]);
  const rps = (way: Way): number => median(all(way, 'rps'));
  const p99 = (way: Way): number => median(all(way, 'p99'));
  // Of the two that ran one after the other: what else the machine does changes from round to round.
  const ratio = (what: keyof Rate, to: Way): number =>
    median(all('edge', what).map((value, round) => value / (all(to, what)[round] ?? Number.NaN)));
  return {
    'edge.rps_ratio_to_haproxy': ratio('rps', 'haproxy'),
    'edge.p99_ratio_to_haproxy': ratio('p99', 'haproxy'),
    'edge.rps_ratio_to_nginx': ratio('rps', 'nginx'),
    'edge.rps': rps('edge'),
    'edge.haproxy_rps': rps('haproxy'),
    'edge.nginx_rps': rps('nginx'),
    'edge.direct_rps': rps('direct'),
    'edge.p99_ms': p99('edge'),
    'edge.haproxy_p99_ms': p99('haproxy'),
    'edge.nginx_p99_ms': p99('nginx'),
    'edge.direct_p99_ms': p99('direct'),
  };
}

/** One run of wrk, which must see no error. */
async function rateOf(url: string): Promise<Rate> {
  const options = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--latency'];
  const output = await must('wrk', [...options, '-H', 'Host: web.localhost', url]);
  if (/Non-2xx|Socket errors/.test(output))
    throw new Error(`Not every request to ${url} succeeded: ${output}`);
  const rps = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const p99 = milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(output));
  if (!Number.isFinite(rps)) throw new Error(`wrk says something else than a rate: ${output}`);
  return { rps, p99 };
}

const unitsInMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

function milliseconds(match: RegExpExecArray | null): number {
  const [, value, unit = ''] = match ?? [];
  const ms = Number(value) * (unitsInMs[unit] ?? Number.NaN);
  if (!Number.isFinite(ms)) throw new Error('wrk says something else than a time.');
  return ms;
}
