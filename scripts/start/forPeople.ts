import { isBuildFailure } from '../../src/docker/engine.ts';
import { SetupError } from '../setup/setupError.ts';

/** Errors of the product whose messages are written for people. */
const known = new Set(['EngineError', 'JourneyError', 'LocalHostError', 'ProblemError', 'Unreachable']);

/** The same error in a sentence, with the output that belongs to it, where it is one that people can mend. */
export function forPeople(error: unknown): unknown {
  if (isBuildFailure(error)) {
    const { line, step, output, message } = error;
    const where = line === undefined ? '' : `, line ${line}`;
    const what = step === undefined ? '' : ` (${step})`;
    return new SetupError([...output, `The Dockerfile does not build${where}${what}: ${message}`].join('\n'));
  }
  if (!(error instanceof Error) || !known.has(error.name)) return error;
  const output = 'output' in error && Array.isArray(error.output) ? error.output.map(String) : [];
  return new SetupError([...output, error.message].join('\n'));
}
