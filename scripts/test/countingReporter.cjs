// Mocha's own spec output, and the counts as a message to the process that started it.
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats;
      process.send?.({ passed: passes, failed: failures + pending });
    });
  }
};
