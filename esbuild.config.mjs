import { build } from 'esbuild';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  logLevel: 'warning',
  legalComments: 'none',
  platform: 'node',
};
const absent = './scripts/build/absent.cjs';
/** What dockerode would use for SSH and for BuildKit's session: `src/docker` does both in its own way. */
const unused = {
  '@grpc/grpc-js': absent,
  '@grpc/proto-loader': absent,
  'cpu-features': absent,
  protobufjs: absent,
  ssh2: absent,
};
/** An ES module that holds CommonJS packages has to bring what those expect to find. */
const commonJsNames = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join(' ');

/**
 * Packages that the extension imports at their first use (`await import('NAME')`): files of their own beside it,
 * because what activation does not run is read and parsed all the same.
 */
const atFirstUse = {
  // Its other form hides from the bundler what it is made of.
  'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
  'tar-stream': 'tar-stream',
  yaml: 'yaml',
};
const besides = Object.fromEntries(Object.keys(atFirstUse).map((name) => [name, `./${name}.cjs`]));

/** Pages of panels: each folder of `webview` with a `main.ts`, which comes with the style that it imports. */
function pages() {
  const names = readdirSync(join(root, 'webview'));
  const own = names.filter((name) => existsSync(join(root, 'webview', name, 'main.ts')));
  return Object.fromEntries(own.map((name) => [name, `webview/${name}/main.ts`]));
}

/** Every bundle this product ships, and the compiled in-host suite. */
export const bundles = {
  extension: {
    ...common,
    entryPoints: { extension: 'src/extension/activate.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    target: 'node22',
    // Heavy parts are files of their own, required at first use, so that activation stays quick.
    external: ['vscode', './engine.cjs', './socket.cjs', ...Object.values(besides)],
    alias: besides,
    // `import()` becomes `require()`: what it finds is CommonJS.
    supported: { 'dynamic-import': false },
  },
  packages: {
    ...common,
    entryPoints: atFirstUse,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    target: 'node22',
  },
  socket: {
    ...common,
    entryPoints: { socket: 'src/client/socket.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    target: 'node22',
  },
  engine: {
    ...common,
    entryPoints: { engine: 'src/docker/entry.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    target: 'node22',
    alias: unused,
  },
  controlPlane: {
    ...common,
    entryPoints: { 'control-plane': 'src/control-plane/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    target: 'node24',
    alias: unused,
    banner: { js: commonJsNames },
  },
  webview: {
    ...common,
    platform: 'browser',
    entryPoints: pages(),
    outdir: 'dist/webview',
    format: 'iife',
    // The oldest editor that the manifest allows has Chromium 138.
    target: 'chrome138',
  },
  inHost: {
    ...common,
    minify: false,
    entryPoints: { index: 'test/in-host/index.ts', stage: 'test/in-host/stage.ts' },
    outdir: 'out/test/in-host',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
  },
};

/** What the VSIX is made of; the rest is for tests. */
export const shipped = ['extension', 'packages', 'engine', 'socket', 'controlPlane', 'webview'];

/**
 * Builds the named bundles (all when none is named). Each file is replaced as it is ready, so that whoever runs the
 * old one is not disturbed; what an earlier build left over goes when everything was built.
 */
export async function buildAll(names = Object.keys(bundles)) {
  const results = await Promise.all(names.map((name) => build({ ...bundles[name], metafile: true })));
  const outputs = results.flatMap(({ metafile }) => Object.keys(metafile.outputs));
  if (shipped.every((name) => names.includes(name))) await prune('dist', new Set(outputs));
}

/** Builds a program of the tests' own the way the control plane is built, as `NAME.mjs` in a folder. */
export async function buildProgram(name, file, folder) {
  await build({ ...bundles.controlPlane, entryPoints: { [name]: file }, outdir: folder });
}

async function prune(folder, kept) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const left = files.filter((file) => !kept.has(relative(root, file).replaceAll('\\', '/')));
  await Promise.all(left.map((file) => rm(file, { force: true })));
}

if (import.meta.main) await buildAll();
