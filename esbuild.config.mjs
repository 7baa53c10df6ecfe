import { build, transform } from 'esbuild';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
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

/**
 * Parts of one program in files of their own, read at their first use (`await import('./part.ts')`), as CommonJS. The
 * bundler can part ES modules alone, so that is what it makes first; what several parts have in common is a file, and
 * there once.
 */
const partedCommonJs = {
  name: 'parted-common-js',
  setup({ onEnd, initialOptions }) {
    Object.assign(initialOptions, { format: 'esm', splitting: true, sourcemap: 'inline', write: false });
    const { minify, platform, target } = initialOptions;
    // `import()` becomes `require()`: what it finds is CommonJS.
    const form = { format: 'cjs', minify, platform, target, supported: { 'dynamic-import': false } };
    onEnd(async ({ outputFiles = [] }) => {
      await Promise.all(
        outputFiles.map(async ({ path, text }) => {
          const file = basename(path);
          const { code, map } = await transform(text, { ...form, sourcefile: file, sourcemap: 'external' });
          await mkdir(dirname(path), { recursive: true });
          await writeFile(`${path}.map`, map);
          await writeFile(path, `${code}//# sourceMappingURL=${file}.map\n`);
        }),
      );
    });
  },
};

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
    chunkNames: 'extension-[name]-[hash]',
    target: 'node22',
    plugins: [partedCommonJs],
    // Heavy parts are files of their own, required at first use, so that activation stays quick.
    external: ['vscode', './engine.cjs', './socket.cjs', ...Object.values(besides)],
    alias: besides,
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
 * Builds the named bundles (all when none is named) and gives their files with what each imports. Each file is replaced as it is ready, so that whoever runs the
 * old one is not disturbed; what an earlier build left over goes when everything was built.
 */
export async function buildAll(names = Object.keys(bundles)) {
  const results = await Promise.all(names.map((name) => build({ ...bundles[name], metafile: true })));
  const outputs = Object.assign({}, ...results.map(({ metafile }) => metafile.outputs));
  const files = Object.keys(outputs).flatMap((file) => [file, `${file}.map`]);
  if (shipped.every((name) => names.includes(name))) await prune('dist', new Set(files));
  return outputs;
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
