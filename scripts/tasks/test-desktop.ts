import { runTests } from '@vscode/test-electron';
import { buildAll } from '../../esbuild.config.mjs';
import { root } from '../build/folders.ts';

/** The compiled in-host suite in a desktop VS Code, which is fetched when it is not there. */
await buildAll();
await runTests({
  extensionDevelopmentPath: root,
  extensionTestsPath: `${root}out/test/in-host/index.cjs`,
  launchArgs: [`${root}test/fixtures/sample`, '--disable-extensions', '--disable-workspace-trust'],
  extensionTestsEnv: { PATR_REGION_NAME: 'in-host' },
});
