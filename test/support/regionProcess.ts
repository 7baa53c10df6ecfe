import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LocalEndpoint } from '../../src/local/contract.ts';
import { testImages } from './engine.ts';
import { openTestRegion, workspaceIds, type TestRegion } from './localRegion.ts';

const bundle = join(import.meta.dirname, '../../dist/control-plane.mjs');

/** A region on the real engine whose control plane is a plain process, so that a test can look into its state. */
export interface RegionProcess extends Pick<TestRegion, 'name' | 'engine'> {
  readonly stateDir: string;
  readonly endpoint: LocalEndpoint;
  /** Everything that the process has printed. */
  printed(): string;
  /** Ends the process and removes the region with its images and state. */
  close(): Promise<void>;
}

export async function startRegionProcess(
  what: string,
  options: Readonly<Record<string, string>> = {},
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
    'registry-image': registry,
    'edge-image': edge,
    'registry-port': String(region.settings.ports.registry),
    'http-port': String(region.settings.ports.http),
    'https-port': String(region.settings.ports.https),
    ...options,
  };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url, version } = JSON.parse(line) as { url: string; version: string };
  const endpoint = { url, version, token: (await readFile(token, 'utf8')).trim() };
  return {
    name: region.name,
    engine: region.engine,
    stateDir,
    endpoint,
    printed: () => printed,
    async close() {
      const workspaces = await workspaceIds(endpoint);
      await end(child);
      await region.close(workspaces);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
