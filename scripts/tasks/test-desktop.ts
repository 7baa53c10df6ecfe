import { runTests } from '@vscode/test-electron';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAll } from '../../esbuild.config.mjs';
import { root } from '../build/folders.ts';
import { settingsFor } from '../setup/editorSettings.ts';
import { ensureEngine } from '../setup/engine.ts';
import { ensureImages } from '../setup/images.ts';
import { removeRegion } from '../test/removeRegion.ts';

/** The compiled in-host suite in a desktop VS Code, which is fetched when it is not there. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);
await ensureEngine(say);
const images = await ensureImages(say);
await buildAll();

const region = `in-host-${process.pid}`;
const temporary = await mkdtemp(join(tmpdir(), 'patr-desktop-'));
const [workspace, profile] = [join(temporary, 'workspace'), join(temporary, 'profile')];
await cp(join(root, 'test', 'fixtures', 'sample'), workspace, { recursive: true });
await mkdir(join(profile, 'User'), { recursive: true });
await writeFile(join(profile, 'User', 'settings.json'), JSON.stringify(settingsFor(images)));
try {
  process.exitCode = await runTests({
    extensionDevelopmentPath: root,
    extensionTestsPath: join(root, 'out', 'test', 'in-host', 'index.cjs'),
    launchArgs: [
      workspace,
      `--user-data-dir=${profile}`,
      `--extensions-dir=${join(temporary, 'extensions')}`,
      '--disable-workspace-trust',
      '--disable-updates',
      '--skip-welcome',
    ],
    extensionTestsEnv: { PATR_REGION_NAME: region, PATR_TEST_IMAGES: JSON.stringify(images) },
  });
} finally {
  await removeRegion(region);
  await rm(temporary, { recursive: true, force: true });
}
