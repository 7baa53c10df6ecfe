import Mocha from 'mocha';
import { marker } from './marker.ts';

/** One whole line per test, because the way out of an extension host keeps no formatting. */
export class LineReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants;
    const say = (line: string): void => console.log(`${marker}${line}`);
    runner.on(EVENT_TEST_PASS, (test) => say(`  ok      ${test.fullTitle()} (${test.duration ?? 0} ms)`));
    runner.on(EVENT_TEST_PENDING, (test) => say(`  skipped ${test.fullTitle()}`));
    runner.on(EVENT_TEST_FAIL, (test, error: Error) => {
      say(`  FAILED  ${test.fullTitle()}`);
      for (const line of (error.stack ?? error.message).split('\n')) say(`          ${line}`);
    });
  }
}
