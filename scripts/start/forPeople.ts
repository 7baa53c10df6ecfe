import { SetupError } from '../setup/setupError.ts';

/** Errors of the product whose messages are written for people. */
const known = new Set([
  'BuildFailure',
  'EngineError',
  'JourneyError',
  'LocalHostError',
  'ProblemError',
  'Unreachable',
]);

/** The same error in a sentence, with the output that belongs to it, where it is one that people can mend. */
export function forPeople(error: unknown): unknown {
  if (!(error instanceof Error) || !known.has(error.name)) return error;
  const output = 'output' in error && Array.isArray(error.output) ? error.output.map(String) : [];
  return new SetupError([...output, error.message].join('\n'));
}
