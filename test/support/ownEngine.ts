import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent as FetchAgent, fetch as fetchWith } from 'undici';
import { systemClock } from '../../src/base/clock.ts';
import type { Engine } from '../../src/docker/engine.ts';
import { openEngine } from '../../src/docker/openEngine.ts';
import { testImages } from './engine.ts';

const run = promisify(execFile);
/** What an engine may take to come up or to end, in milliseconds; on a machine with much else to do. */
const patienceMs = 60_000;

/**
 * A Docker engine of a test's own: it can be stopped and its disk can be filled. It has a network and file systems of
 * its own, so nothing of it is left when it ends, and nobody else's engine notices it.
 */
export interface OwnEngine {
  readonly engine: Engine;
  /** Such as `unix:///tmp/…/docker.sock`. */
  readonly address: string;
  /** Command line of a program that shall run in the engine's network. */
  inside(command: string, args: readonly string[]): [command: string, args: string[]];
  /** Reaches the loopback of the engine's network. */
  readonly fetch: typeof fetch;
  readonly agent: Agent;
  /** `SIGTERM`: in good order, containers first. `SIGKILL`: at once. Resolves when it is gone. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  start(): Promise<void>;
  /** Leaves no room on the disk that holds images, containers and volumes; `makeRoom` undoes it. */
  fillDisk(): Promise<void>;
  makeRoom(): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnEngine(diskMegabytes = 400): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'patr-engine-'));
  const socket = join(folder, 'docker.sock');
  const address = `unix://${socket}`;
  const data = join(folder, 'data');
  const holder = await holdNamespaces(folder, data, diskMegabytes);
  const inside: OwnEngine['inside'] = (command, args) => [
    'nsenter',
    ['--target', String(holder.pid), '--net', '--mount', '--', command, ...args],
  ];
  const engine = openEngine({ kind: 'unix', path: socket });
  const relay = await startRelay(inside, join(folder, 'relay.sock'));
  const reach = (port: number): Socket => {
    const through = connect(join(folder, 'relay.sock'));
    through.write(`${port}\n`);
    return through;
  };
  let daemon: ChildProcess | undefined;
  let printed = '';

  async function start(): Promise<void> {
    // One that was killed left the number of its containerd, which may be somebody else's by now.
    await rm(join(folder, 'exec', 'containerd', 'containerd.pid'), { force: true });
    const [command, args] = inside('dockerd', [
      `--host=${address}`,
      `--data-root=${data}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'docker.pid')}`,
      '--bip=172.30.0.1/24',
    ]);
    const started = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    daemon = started;
    started.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const deadline = Date.now() + patienceMs;
    while (!(await answers(engine))) {
      if (started.exitCode !== null || Date.now() > deadline)
        throw new Error(`The engine did not come up: ${printed.slice(-2000)}`);
      await systemClock.sleep(50);
    }
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (daemon !== undefined) await end(daemon, signal);
    daemon = undefined;
  }

  const agent = new Agent();
  agent.createConnection = (options) => reach(Number('port' in options ? options.port : 80));
  const dispatcher = new FetchAgent({
    connect(options, done) {
      const through = reach(Number(options.port));
      through.once('connect', () => done(null, through)).once('error', (error) => done(error, null));
    },
  });
  const through = (url: string, init: RequestInit): unknown =>
    fetchWith(url, { ...(init as object), dispatcher });
  try {
    await start();
    await loadImages(address);
  } catch (error) {
    await stop('SIGKILL');
    await endAllInside(holder);
    throw error;
  }
  return {
    engine,
    address,
    inside,
    fetch: through as typeof fetch,
    agent,
    stop,
    start,
    async fillDisk() {
      // It ends with "no space left", which is what it is for.
      await run(...inside('dd', ['if=/dev/zero', `of=${data}/filler`, 'bs=64k'])).catch(() => undefined);
    },
    async makeRoom() {
      await run(...inside('rm', [`${data}/filler`]));
    },
    async close() {
      engine.dispose();
      agent.destroy();
      await dispatcher.destroy();
      await end(relay, 'SIGTERM');
      await stop('SIGTERM');
      await endAllInside(holder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A process that does nothing but keep a network with a loopback of its own, a disk of this size, and a place where
 * the engine finds nobody else's containerd.
 */
async function holdNamespaces(folder: string, data: string, diskMegabytes: number): Promise<ChildProcess> {
  const script = [
    'set -e',
    'ip link set lo up',
    `mkdir -p ${data} /run/containerd`,
    `mount -t tmpfs -o size=${diskMegabytes}m tmpfs ${data}`,
    'mount -t tmpfs tmpfs /run/containerd',
    'echo ready',
    'exec sleep infinity',
  ].join('\n');
  const holder = spawn('unshare', ['--net', '--mount', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: folder,
  });
  await firstOutput(holder, 'The namespaces of the engine');
  return holder;
}

/** Takes connections on a file, reads a line with a port, and leads to it; inside, it reaches the loopback there. */
const relayProgram = `
const net = require('node:net');
net.createServer((from) => {
  from.on('error', () => from.destroy());
  from.once('data', (first) => {
    const end = first.indexOf(10);
    const to = net.connect(Number(first.subarray(0, end)), '127.0.0.1');
    to.on('error', () => from.destroy());
    to.on('close', () => from.destroy());
    from.on('close', () => to.destroy());
    to.write(first.subarray(end + 1));
    from.pipe(to).pipe(from);
  });
}).listen(process.argv[1], () => console.log('ready'));
`;

async function startRelay(inside: OwnEngine['inside'], path: string): Promise<ChildProcess> {
  const [command, args] = inside(process.execPath, ['-e', relayProgram, path]);
  const relay = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await firstOutput(relay, 'The way into the network of the engine');
  return relay;
}

async function firstOutput(child: ChildProcess, what: string): Promise<void> {
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${what} could not be made.`);
  });
  await Promise.race([once(child.stdout!, 'data'), failed]);
}

async function answers(engine: Engine): Promise<boolean> {
  try {
    await engine.info({ signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  }
}

async function loadImages(address: string): Promise<void> {
  const { registry, edge, busybox } = testImages();
  const names = [registry, edge, busybox];
  const save = spawn('docker', ['save', ...names], { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('docker', ['--host', address, 'load'], { stdio: [save.stdout, 'ignore', 'inherit'] });
  const [code] = (await once(load, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The images ${names.join(', ')} could not be loaded into the engine.`);
}

/** An engine that was killed leaves processes that nobody knows any more: they are those in the holder's file systems. */
async function endAllInside(holder: ChildProcess): Promise<void> {
  const space = (pid: string): Promise<string | undefined> =>
    readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined);
  const own = await space(String(holder.pid));
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const left = own !== undefined && Number(pid) !== holder.pid && (await space(pid)) === own;
    if (left) endProcess(Number(pid));
  }
  await end(holder, 'SIGKILL');
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It may have ended of itself in the meantime.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
