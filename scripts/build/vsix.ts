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
  await buildAll(shipped);
  const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const strays = files.filter((file) => !allowed.test(file) || /\.(map|node)$/.test(file));
  if (strays.length > 0)
    throw new SetupError(`These files do not belong into the VSIX, see .vscodeignore: ${strays.join(', ')}`);
  await checkSizes(files);
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

async function checkSizes(files: readonly string[]): Promise<void> {
  const pages = files.filter((file) => file.startsWith('dist/webview/'));
  const limits = new Map(pages.map((file) => [file, mostPageBytes]));
  for (const [file, most] of limits.set('dist/extension.cjs', mostExtensionBytes)) {
    const { size } = await stat(join(root, file));
    if (size > most) throw new SetupError(`${file} has ${size} bytes, more than ${most}.`);
  }
}
