import { BuildFailure, EngineError, type BuildProgress } from '../engine.ts';
import { kindOfMessage } from '../errors.ts';

/** Reads a builder's events one by one. Both builders have one. */
export interface ProgressReader {
  /** What one event means for the outside; nothing for most. */
  read(event: unknown): BuildProgress[];
  /** The step that failed, as far as the events tell. */
  failedStep(): { step?: string; stepNumber?: number; output: readonly string[] };
}

/** The error that a builder's message stands for. */
export function buildError(message: string, reader: ProgressReader): BuildFailure | EngineError {
  // A full disk is the engine's trouble, not the Dockerfile's.
  if (kindOfMessage(message) === 'noRoom') return new EngineError('noRoom', message);
  const { step, stepNumber, output } = reader.failedStep();
  return new BuildFailure(message, { step, stepNumber, line: lineInMessage(message), output });
}

/** Faults of the Dockerfile's text carry their line: `dockerfile parse error on line 3: …`. */
export function lineInMessage(message: string): number | undefined {
  const line = /parse error (?:on )?line (\d+)/i.exec(message)?.[1];
  return line === undefined ? undefined : Number(line);
}
