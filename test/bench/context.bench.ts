import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext } from '../../scripts/bench/bench.ts';
import { openTestEngine } from '../support/engine.ts';

/** A gigabyte in fifty thousand files, some of them large. */
const smallFiles = 49_950;
const largeFiles = 50;
const totalBytes = 1_000_000_000;
const largeBytes = 10_000_000;
const perFolder = 500;

export const name = 'context';

/** Packs, uploads and builds a large context, against `docker build` on the same one, and measures the memory. */
export async function run({ say, images }: BenchContext): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'patr-context-'));
  const test = await openTestEngine();
  try {
    say('writing a context of 1 GB in 50,000 files');
    await writeContext(folder, images.busybox);
    const tag = `${test.prefix}:1`;
    const label = `cloud.patr.test=${test.prefix}`;
    const ours = join(import.meta.dirname, 'contextBuild.ts');
    const byHand: readonly string[] = ['build', '--no-cache', '-q', '-t', tag, '--label', label, folder];
    // What was just written is in memory, so that neither pays for a cold disk.
    const times = { ours: Infinity, byHand: Infinity };
    let peak = 0;
    for (let round = 0; round < 2; round += 1) {
      const hand = await timed('docker', byHand, { ...process.env, DOCKER_BUILDKIT: '0' });
      const own = await timed(process.execPath, [ours, folder, tag, test.prefix], process.env);
      const peakBytes = Number(own.output.trim().split('\n').at(-1)) * 1024;
      say(
        `by hand ${Math.round(hand.ms)} ms, ours ${Math.round(own.ms)} ms, peak ${Math.round(peakBytes / 1e6)} MB`,
      );
      times.byHand = Math.min(times.byHand, hand.ms);
      times.ours = Math.min(times.ours, own.ms);
      peak = Math.max(peak, peakBytes);
    }
    return {
      'context.pack_ratio': times.ours / times.byHand,
      'context.pack_peak_mb': peak / 1e6,
    };
  } finally {
    await test.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name,
  figures: {
    'context.pack_ratio':
      'time to pack, send and build a context of 1 GB in 50,000 files, to that of `docker build` with the same (classic) builder; best of two',
    'context.pack_peak_mb':
      'largest resident memory of the process that packs and sends it, in MB; aim < 150',
  },
  run,
};

async function writeContext(folder: string, base: string): Promise<void> {
  const small = Math.floor((totalBytes - largeFiles * largeBytes) / smallFiles);
  await writeFile(join(folder, 'Dockerfile'), `FROM ${base}\nCOPY Dockerfile /\n`);
  for (let start = 0; start < smallFiles; start += perFolder) {
    const inside = join(folder, `d${start}`);
    await mkdir(inside);
    const count = Math.min(perFolder, smallFiles - start);
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        writeFile(join(inside, `f${index}`), Buffer.alloc(small, `${start}/${index} `)),
      ),
    );
  }
  for (let index = 0; index < largeFiles; index += 1) {
    await writeFile(join(folder, `large${index}`), Buffer.alloc(largeBytes, index));
  }
}

async function timed(
  program: string,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ ms: number; output: string }> {
  const started = performance.now();
  const child = spawn(program, parameters, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${code}.`);
  return { ms: performance.now() - started, output };
}
