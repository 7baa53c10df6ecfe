import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from 'node:http';
import { createInterface } from 'node:readline';
import type { LocalEndpoint } from '../../src/local/contract.ts';
import { testImages } from './engine.ts';
import { openTestRegion, workspaceIds, type TestRegion } from './localRegion.ts';
import type { OwnEngine } from './ownEngine.ts';

const bundle = join(import.meta.dirname, '../../dist/control-plane.mjs');

/** A region on the real engine whose control plane is a plain process, so that a test can look into its state. */
export interface RegionProcess extends Pick<TestRegion, 'name' | 'engine'> {
  readonly stateDir: string;
  /** The same over every start. */
  readonly endpoint: LocalEndpoint;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same state and port. `whileStarting`: resolves at once, whether or not it answers yet. */
  restart(how?: 'untilReady' | 'whileStarting'): Promise<void>;
  /** How its API and its edge are reached. */
  readonly fetch: typeof fetch;
  readonly agent: Agent | undefined;
  /** Everything that the process has printed. */
  printed(): string;
  /** Ends the process and removes the region with its images and state. */
  close(): Promise<void>;
}

/** `own`: on an engine of the test's own, and in its network. */
export async function startRegionProcess(
  what: string,
  options: Readonly<Record<string, string>> = {},
  own?: OwnEngine,
): Promise<RegionProcess> {
  const region = await openTestRegion(what);
  const { registry, edge } = testImages();
  const stateDir = await mkdtemp(join(tmpdir(), `patr-${what}-`));
  const token = join(stateDir, 'token');
  const given = {
    port: '0',
    'state-dir': stateDir,
    'token-file': token,
    name: region.name,
    ...(own === undefined ? {} : { engine: own.address }),
    'registry-image': registry,
    'edge-image': edge,
    'registry-port': String(region.settings.ports.registry),
    'http-port': String(region.settings.ports.http),
    'https-port': String(region.settings.ports.https),
    ...options,
  };
  let printed = '';
  const start = (changes: Readonly<Record<string, string>> = {}): ChildProcess => {
    const args = Object.entries({ ...given, ...changes }).flatMap(([name, value]) => [`--${name}`, value]);
    const [command, all] = own?.inside(process.execPath, [bundle, ...args]) ?? [
      process.execPath,
      [bundle, ...args],
    ];
    const started = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    }
    return started;
  };
  const ready = async (started: ChildProcess): Promise<{ url: string; version: string }> => {
    const ended = once(started, 'exit').then(() => {
      throw new Error(`The control plane ended: ${printed.slice(-2000)}`);
    });
    const line = once(createInterface({ input: started.stdout! }), 'line') as Promise<[string]>;
    const [text] = await Promise.race([line, ended]);
    return JSON.parse(text) as { url: string; version: string };
  };
  let child = start();
  const { url, version } = await ready(child);
  const endpoint = { url, version, token: (await readFile(token, 'utf8')).trim() };
  return {
    name: region.name,
    engine: own?.engine ?? region.engine,
    stateDir,
    endpoint,
    fetch: own?.fetch ?? fetch,
    agent: own?.agent,
    printed: () => printed,
    kill: () => end(child, 'SIGKILL'),
    async restart(how = 'untilReady') {
      child = start({ port: new URL(url).port });
      if (how === 'untilReady') await ready(child);
    },
    async close() {
      // What is on an engine of its own goes with that engine.
      const workspaces = own === undefined ? await workspaceIds(endpoint) : [];
      await end(child, 'SIGTERM');
      if (own === undefined) await region.close(workspaces);
      else region.engine.dispose();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
