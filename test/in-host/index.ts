import Mocha from 'mocha';
import { LineReporter } from './lineReporter.ts';
import { marker } from './marker.ts';
import { suites } from './suites.ts';

/**
 * Entry that VS Code calls inside the extension host, in the browser set-up and under @vscode/test-electron alike.
 * Prints the count as its last line and throws when a test failed.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, forbidOnly: true, reporter: LineReporter });
  const filter = process.env['PATR_IN_HOST_GREP'];
  if (filter !== undefined && filter !== '') mocha.grep(filter);
  for (const [name, define] of Object.entries(suites)) {
    mocha.suite.emit('pre-require', globalThis, name, mocha);
    define();
  }
  const counts = await new Promise<{ passed: number; failed: number }>((resolve) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      resolve({ passed: passes, failed: failures + pending });
    });
  });
  console.log(`${marker}counts ${JSON.stringify(counts)}`);
  if (counts.failed > 0) throw new Error(`${counts.failed} tests failed.`);
}
