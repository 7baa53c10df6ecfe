import { SetupError } from './setup/setupError.ts';

/** Runs one file of `tasks/`, named by the first argument; the others are the task's own. */
const [task = ''] = process.argv.splice(2, 1);
try {
  await import(`./tasks/${task}.ts`);
} catch (error) {
  // What a person can mend is told in a sentence; everything else is a defect and shows where it is.
  process.stderr.write(
    `${error instanceof SetupError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
}
