import { build } from 'esbuild';
import { cp, rm } from 'node:fs/promises';

const common = {
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  logLevel: 'warning',
  legalComments: 'none',
};
/** What dockerode reaches for and this product never uses: its own SSH transport and that one's native parts. */
const unused = { 'cpu-features': './scripts/build/absent.cjs', ssh2: './scripts/build/absent.cjs' };

/** Every bundle this product ships, and the compiled in-host suite. */
export const bundles = {
  extension: {
    ...common,
    entryPoints: { extension: 'src/extension/activate.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    // Heavy parts are files of their own, required at first use, so that activation stays quick.
    external: ['vscode', './engine.cjs'],
  },
  engine: {
    ...common,
    entryPoints: { engine: 'src/docker/entry.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    alias: unused,
  },
  controlPlane: {
    ...common,
    entryPoints: { 'control-plane': 'src/control-plane/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    platform: 'node',
    target: 'node24',
    alias: unused,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __filename = new URL(import.meta.url).pathname; const __dirname = new URL('.', import.meta.url).pathname.slice(0, -1);",
    },
  },
};

/** The in-host suite, compiled for whichever VS Code runs it. */
bundles.inHost = {
  ...common,
  minify: false,
  entryPoints: { index: 'test/in-host/index.ts' },
  outdir: 'out/test/in-host',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['vscode', 'mocha'],
};

/** Builds the named bundles (all when none is named) from a clean `dist`. */
export async function buildAll(names = Object.keys(bundles)) {
  await Promise.all(['dist', 'out/test'].map((folder) => rm(folder, { recursive: true, force: true })));
  await Promise.all(names.map((name) => build(bundles[name])));
  await cp('node_modules/dockerode/lib/proto', 'dist/proto', { recursive: true });
}

if (import.meta.main ?? process.argv[1] === new URL(import.meta.url).pathname) await buildAll();
