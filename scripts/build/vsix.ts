import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAll, shipped } from '../../esbuild.config.mjs';
import manifest from '../../package.json' with { type: 'json' };
import { SetupError } from '../setup/setupError.ts';
import { root } from './folders.ts';

export interface Vsix {
  readonly path: string;
  readonly bytes: number;
  readonly files: readonly string[];
}

/** What may be in the VSIX: anything else is a mistake in .vscodeignore. */
const allowed = /^(dist\/|media\/|package(\.nls)?\.json$|README\.md$|CHANGELOG\.md$|LICENSE(\.txt)?$)/;
const mostBytes = 2_000_000;
/** It is read and parsed when the extension is activated: what is not needed then is a file of its own. */
const mostExtensionBytes = 350_000;
/** A page is read anew whenever its panel is shown. */
const mostPageBytes = 350_000;

/** Builds and packs the extension. @throws when something strange or too much would be in it. */
export async function packVsix(): Promise<Vsix> {
  const outputs = await buildAll(shipped);
  const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const strays = files.filter((file) => !allowed.test(file) || /\.(map|node)$/.test(file));
  if (strays.length > 0)
    throw new SetupError(`These files do not belong into the VSIX, see .vscodeignore: ${strays.join(', ')}`);
  await checkSizes(files, outputs);
  const path = join(root, `${manifest.name}-${manifest.version}.vsix`);
  await createVSIX({
    cwd: root,
    dependencies: false,
    packagePath: path,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  const { size } = await stat(path);
  if (size > mostBytes) throw new SetupError(`The VSIX has ${size} bytes, more than ${mostBytes}.`);
  return { path, bytes: size, files };
}

/** What a bundle's files import, as the bundler tells it. */
type Outputs = Readonly<Record<string, { readonly imports: readonly { path: string; kind: string }[] }>>;

async function checkSizes(files: readonly string[], outputs: Outputs): Promise<void> {
  const pages = files.filter((file) => file.startsWith('dist/webview/'));
  const limits = new Map(pages.map((file) => [file, mostPageBytes]));
  for (const [file, most] of limits.set('dist/extension.cjs', mostExtensionBytes)) {
    const sizes = await Promise.all(
      readWith(file, outputs).map(async (one) => (await stat(join(root, one))).size),
    );
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (size > most)
      throw new SetupError(`${file}, with what it reads at once, has ${size} bytes, more than ${most}.`);
  }
}

/** A file and what it imports at once, and so on; not what it imports at the first use. */
function readWith(file: string, outputs: Outputs): readonly string[] {
  const found = new Set([file]);
  for (const one of found)
    for (const { path, kind } of outputs[one]?.imports ?? [])
      if (kind === 'import-statement' && path in outputs) found.add(path);
  return Array.from(found);
}
