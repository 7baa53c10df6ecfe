import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAll } from '../../esbuild.config.mjs';
import manifest from '../../package.json' with { type: 'json' };
import { root } from '../build/folders.ts';
import { SetupError } from '../setup/setupError.ts';

/** What may be in the VSIX: anything else is a mistake in .vscodeignore. */
const allowed = /^(dist\/|media\/|l10n\/|package(\.nls)?\.json$|README\.md$|CHANGELOG\.md$|LICENSE(\.txt)?$)/;
const mostBytes = 2_000_000;

await buildAll(['extension', 'engine', 'controlPlane']);
const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
const stray = files.filter((file) => !allowed.test(file) || file.endsWith('.map'));
if (stray.length > 0) throw new SetupError(`These files do not belong into the VSIX: ${stray.join(', ')}`);
const native = files.filter((file) => file.endsWith('.node'));
if (native.length > 0) throw new SetupError(`The VSIX must not need a native module: ${native.join(', ')}`);

const packagePath = join(root, `${manifest.name}-${manifest.version}.vsix`);
await createVSIX({ cwd: root, dependencies: false, packagePath, allowMissingRepository: true });
const { size } = await stat(packagePath);
if (size > mostBytes) throw new SetupError(`The VSIX has ${size} bytes, more than ${mostBytes}.`);
process.stdout.write(`${packagePath} (${(size / 1000).toFixed(0)} kB, ${files.length} files)\n`);
