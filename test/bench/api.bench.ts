import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildProgram } from '../../esbuild.config.mjs';
import type { Bench } from '../../scripts/bench/bench.ts';
import { systemClock } from '../../src/base/clock.ts';
import { nodeFlags } from '../../src/local/containerSpec.ts';
import { clientFor } from '../support/localRegion.ts';
import { median, percentile } from './median.ts';
import { cpuSeconds, residentMegabytes } from './processFigures.ts';

const deployments = 1000;
const instances = 5;
const requests = 1000;
/** Garbage of the start is gone by then; `restMs` holds one of the looks at everything that changed. */
const settleMs = 10_000;
const restMs = 40_000;

/** A control plane with 1,000 deployments of 5 instances each: API over HTTP, the real loop, the fake executor. */
export const bench: Bench = {
  name: 'api',
  figures: {
    'api.get_p99_ms': 'one deployment of 1,000 over HTTP, 99th percentile in ms',
    'api.get_p50_ms': 'the same, median',
    'api.list_p99_ms': 'a list of 100 of 1,000 deployments over HTTP, 99th percentile in ms',
    'api.list_p50_ms': 'the same, median',
    'controlplane.rss_mb_1000':
      'resident memory with 1,000 deployments of 5 instances at rest, the fake engine included, in MB (aim below 150)',
    'controlplane.rest_cpu_percent_1000': 'CPU at rest with them, in % of a core (aim below 2)',
  },
  async run({ say }) {
    const folder = await mkdtemp(join(tmpdir(), 'patr-bench-'));
    const program = await bundled(folder);
    const child = spawn(process.execPath, [...nodeFlags, program, String(deployments), String(instances)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const { url, token, workspaceId } = JSON.parse(line) as Record<'url' | 'token' | 'workspaceId', string>;
      const api = clientFor({ url, token, version: '' });
      const params = { workspaceId };
      const { deployments: all } = await api.listDeployments({ params, query: { count: 100 } });
      const get = await timed(requests, async (index) => {
        const { id } = all[index % all.length]!;
        await api.getDeployment({ params: { ...params, deploymentId: id } });
      });
      const list = await timed(requests / 5, async (index) => {
        await api.listDeployments({ params, query: { count: 100, page: index % 10 } });
      });
      say('resting');
      await systemClock.sleep(settleMs);
      const before = await cpuSeconds(child.pid!);
      await systemClock.sleep(restMs);
      const used = (await cpuSeconds(child.pid!)) - before;
      return {
        'api.get_p99_ms': percentile(get, 0.99),
        'api.get_p50_ms': median(get),
        'api.list_p99_ms': percentile(list, 0.99),
        'api.list_p50_ms': median(list),
        'controlplane.rss_mb_1000': await residentMegabytes(child.pid!),
        'controlplane.rest_cpu_percent_1000': (used / (restMs / 1000)) * 100,
      };
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The program as the control plane is shipped: a process that reads TypeScript holds the compiler as well. */
async function bundled(folder: string): Promise<string> {
  await buildProgram('fleet', join(import.meta.dirname, '../support/fleetServer.ts'), folder);
  return join(folder, 'fleet.mjs');
}

/** How long each took, in milliseconds; one after the other, on a connection that is kept. */
async function timed(count: number, work: (index: number) => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  for (let index = -50; index < count; index += 1) {
    const began = performance.now();
    await work(Math.max(0, index));
    // The first ones warm both sides up.
    if (index >= 0) took.push(performance.now() - began);
  }
  return took;
}
