import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAll } from '../../esbuild.config.mjs';
import type { Bench } from '../bench/bench.ts';
import { withTable } from '../bench/table.ts';
import { root } from '../build/folders.ts';
import { ensureEngine } from '../setup/engine.ts';
import { ensureImages } from '../setup/images.ts';
import { SetupError } from '../setup/setupError.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const page = join(root, 'docs', 'performance.md');

async function benches(): Promise<Bench[]> {
  const files = (await Array.fromAsync(glob('test/bench/*.bench.ts', { cwd: root }))).toSorted();
  const modules = await Promise.all(
    files.map((file) => import(join(root, file)) as Promise<{ bench: Bench }>),
  );
  return modules.map(({ bench }) => bench);
}

/** `--only rollout` runs a part; `--only rollout.ratio_to_bare` runs the part that has this figure. */
function wanted({ name }: Bench): boolean {
  const only = values.only;
  return only === undefined || only === name || only.startsWith(`${name}.`);
}

await ensureEngine(say);
const images = await ensureImages(say);
await buildAll();
const all: Record<string, number> = {};
for (const bench of (await benches()).filter(wanted)) {
  say(`== ${bench.name}`);
  const figures = await bench.run({ say, images });
  Object.assign(all, figures);
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name} ${value}\n`);
  await writeFile(page, withTable(await readFile(page, 'utf8'), bench.name, bench.figures, figures));
}
if (Object.keys(all).length === 0)
  throw new SetupError(`No part of the measurements is called ${values.only}.`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(all, null, 2)}\n`);
