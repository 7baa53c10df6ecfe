import { spawn } from 'node:child_process';
import { buildAll } from '../../esbuild.config.mjs';
import { root } from '../build/folders.ts';
import { ensureEngine } from '../setup/engine.ts';
import { ensureImages } from '../setup/images.ts';

/** The control plane alone, as a plain process; arguments are its own. Standard output is its alone. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const given = process.argv.slice(2);
await ensureEngine(say);
const images = await ensureImages(say);
await buildAll(['controlPlane']);

const args = [
  ...(given.includes('--registry-image') ? [] : ['--registry-image', images.registry]),
  ...(given.includes('--edge-image') ? [] : ['--edge-image', images.edge]),
  ...given,
];
const child = spawn(process.execPath, [`${root}dist/control-plane.mjs`, ...args], { stdio: 'inherit' });
// The signal goes to the whole foreground group already; this is for whoever signals this process alone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
