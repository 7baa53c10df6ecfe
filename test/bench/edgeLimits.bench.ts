import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { systemClock } from '../../src/base/clock.ts';
import { runtimeApi } from '../../src/control-plane/edge/runtimeApi.ts';
import type { TrafficLimits } from '../../src/protocol/shapes/trafficLimits.ts';
import type { Idleness } from '../support/edge/idleClients.ts';
import { startTestEdge, type TestEdge } from '../support/edge/testEdge.ts';
import { startUpstream, type Upstream } from '../support/edge/upstream.ts';
import type { AttackWanted } from './attackProgram.ts';
import { median } from './median.ts';
import { residentMegabytes } from './processFigures.ts';

const asked = 2000;
const head = (line: string): string => `${line} HTTP/1.1\r\nHost: web.localhost\r\n`;

interface Attack {
  readonly count: number;
  readonly tls?: boolean;
  readonly idleness: Idleness;
}

const attacks = {
  idle: { count: 10_000, idleness: {} },
  tls: { count: 5000, tls: true, idleness: {} },
  headers: { count: 5000, idleness: { text: `${head('GET /')}X-Slow: `, dripMs: 1000 } },
  bodies: {
    count: 3000,
    idleness: { text: `${head('POST /')}Content-Length: 1000000\r\n\r\n`, dripMs: 1000 },
  },
  readers: { count: 500, idleness: { text: `${head('GET /large')}\r\n`, deaf: true } },
} as const satisfies Record<string, Attack>;
type AttackName = keyof typeof attacks;

const words: Readonly<Record<AttackName, string>> = {
  idle: `${attacks.idle.count} idle connections`,
  tls: `${attacks.tls.count} connections that do not go on with TLS`,
  headers: `${attacks.headers.count} senders of headers byte by byte`,
  bodies: `${attacks.bodies.count} senders of bodies byte by byte`,
  readers: `${attacks.readers.count} readers that do not read`,
};

/** Another deployment beside clients that mean no good, all on loopback, at the edge in its container. */
export const bench: Bench = {
  name: 'edgeLimits',
  figures: {
    'edgeLimits.median_ms': `median time to answer of a deployment that nobody attacks, in milliseconds: ${asked} requests, one after another`,
    ...Object.fromEntries(
      Object.entries(words).flatMap(([name, what]) => [
        [`edgeLimits.${name}_ratio`, `the same beside ${what} at another deployment, against just before`],
        [`edgeLimits.${name}_failed`, 'requests of it that were not served meanwhile (aim 0)'],
        [`edgeLimits.${name}_open`, 'of those connections are open when that begins'],
        [`edgeLimits.${name}_edge_mb`, 'resident memory of the edge with them, in MB'],
      ]),
    ),
    'edgeLimits.edge_mb': 'resident memory of the edge at rest, in MB',
    'edgeLimits.change_ms':
      'from the wish to another limit to its being in force, median of 50 changes, in milliseconds (aim 1000)',
    'edgeLimits.reloads': 'reloads of the proxy by all of that (aim 0)',
  },
  run: measure,
};

async function measure({ images, say }: BenchContext) {
  process.env['PATR_TEST_IMAGES'] = JSON.stringify(images);
  const proxy = await startTestEdge({ slots: 4 });
  const other = await startUpstream('other', '127.1.0.8', 0);
  const attackers = fork(new URL('attackProgram.ts', import.meta.url), { stdio: 'inherit' });
  try {
    const [attacked] = (await once(attackers, 'message')) as [Instance];
    await apply(proxy, attacked);
    await apply(proxy, other);
    const figures: Record<string, number> = { 'edgeLimits.edge_mb': await edgeMegabytes(proxy) };
    figures['edgeLimits.median_ms'] = (await timesOf(proxy)).median;
    for (const name of Object.keys(attacks) as AttackName[]) {
      say(`Beside ${words[name]}`);
      Object.assign(figures, await beside(proxy, attackers, name));
    }
    figures['edgeLimits.change_ms'] = await changeTime(proxy, attacked);
    figures['edgeLimits.reloads'] = proxy.reloads();
    return figures;
  } finally {
    attackers.disconnect();
    await other.stop();
    await proxy.close();
  }
}

type Instance = Pick<Upstream, 'id' | 'address' | 'port'>;

function apply(proxy: TestEdge, { id, address, port }: Instance, limits: TrafficLimits = {}): Promise<void> {
  const members = [{ instanceId: id, address, state: 'ready' as const }];
  const ports = [{ port, hosts: [`${id}.localhost`], members }];
  return proxy.edge().apply({ deploymentId: id, ports, limits });
}

async function beside(
  proxy: TestEdge,
  attackers: ChildProcess,
  name: AttackName,
): Promise<Readonly<Record<string, number>>> {
  const { count, idleness, ...more }: Attack = attacks[name];
  const before = await timesOf(proxy);
  const port = more.tls === true ? proxy.httpsPort : proxy.httpPort;
  const open = await attack(attackers, { port, count, idleness });
  const during = await timesOf(proxy);
  const memory = await edgeMegabytes(proxy);
  await attack(attackers, { port, count: 0, idleness: {} });
  await untilAlone(proxy);
  return {
    [`edgeLimits.${name}_ratio`]: during.median / before.median,
    [`edgeLimits.${name}_failed`]: during.failed,
    [`edgeLimits.${name}_open`]: open,
    [`edgeLimits.${name}_edge_mb`]: memory,
  };
}

async function attack(attackers: ChildProcess, wanted: AttackWanted): Promise<number> {
  const told = once(attackers, 'message') as Promise<[{ readonly open: number }]>;
  attackers.send(wanted);
  const [{ open }] = await told;
  return open;
}

/** Requests to the deployment that nobody attacks, one after another on one connection. */
async function timesOf(proxy: TestEdge): Promise<{ readonly median: number; readonly failed: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  let failed = 0;
  for (let count = 0; count < asked; count += 1) {
    const began = performance.now();
    const status = await statusOf(proxy, agent).catch(() => 0);
    times.push(performance.now() - began);
    if (status !== 200) failed += 1;
  }
  agent.destroy();
  return { median: median(times), failed };
}

async function statusOf({ httpPort }: TestEdge, agent: Agent): Promise<number> {
  const headers = { host: 'other.localhost' };
  const sent = request({ host: '127.0.0.1', port: httpPort, agent, headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await response.resume().toArray();
  return response.statusCode ?? 0;
}

/** Of the worker, which is the child of what the engine started. */
async function edgeMegabytes({ test, container }: TestEdge): Promise<number> {
  const record = await test.engine.inspectContainer(container);
  if (record === 'absent' || record.pid === undefined) throw new Error('The edge does not run.');
  const children = await readFile(`/proc/${record.pid}/task/${record.pid}/children`, 'utf8');
  const [worker] = children.trim().split(' ');
  return residentMegabytes(Number(worker));
}

const ask = ({ folder }: TestEdge, command: string): Promise<string> =>
  runtimeApi(`${folder}/admin.sock`).ask(command);

async function untilAlone(proxy: TestEdge): Promise<void> {
  while (Number(/^CurrConns: (\d+)$/m.exec(await ask(proxy, 'show info'))?.[1]) > 1) {
    await systemClock.sleep(50);
  }
}

async function changeTime(proxy: TestEdge, instance: Instance): Promise<number> {
  const took: number[] = [];
  for (let count = 1; count <= 50; count += 1) {
    const began = performance.now();
    await apply(proxy, instance, { maxBodyBytes: count });
    took.push(performance.now() - began);
  }
  return median(took);
}
