import { isAbort } from '../base/abort.ts';
import { describeError } from '../base/log.ts';
import { NotOffered } from '../client/errors.ts';
import { isBuildFailure } from '../docker/engine.ts';
import { JourneyError, type NextAction } from '../deploy/errors.ts';
import type { Prompts } from './prompts.ts';

/** A button and what it does. */
export interface Action {
  readonly label: string;
  readonly run: () => unknown;
}

/** What an error offers to do next, by what can be done about it. */
export type ActionTable = Partial<Readonly<Record<NextAction, Action>>>;

/**
 * The only place that shows problems to people. Giving up is never an error; everything else is a sentence with
 * buttons, and its details go to the log.
 */
export class Notify {
  readonly #prompts: Prompts;
  readonly #log: (error: unknown) => void;

  constructor(prompts: Prompts, log: (error: unknown) => void) {
    this.#prompts = prompts;
    this.#log = log;
  }

  async done(message: string, actions: readonly Action[] = []): Promise<void> {
    await this.#choose('information', message, actions);
  }

  async warn(message: string, actions: readonly Action[] = []): Promise<void> {
    await this.#choose('warning', message, actions);
  }

  /** Something of the person's is not well, though nothing of ours failed. */
  async unhealthy(message: string, actions: readonly Action[]): Promise<void> {
    await this.#choose('error', message, actions);
  }

  /** Shows what went wrong, with the buttons that fit. Resolves when the person has answered or dismissed it. */
  async problem(error: unknown, table: ActionTable = {}): Promise<void> {
    if (isCancelled(error)) return;
    this.#log(error);
    // Nothing failed: it is known of the server that it does not do this.
    if (error instanceof NotOffered) return this.#choose('information', error.message, []);
    const offered = nextOf(error).flatMap((next) => table[next] ?? []);
    const actions =
      offered.length > 0 ? offered : [table.showOutput].filter((action) => action !== undefined);
    await this.#choose('error', sentenceOf(error), actions);
  }

  async #choose(
    severity: 'information' | 'warning' | 'error',
    message: string,
    actions: readonly Action[],
  ): Promise<void> {
    const label = await this.#prompts.message(
      severity,
      message,
      actions.map((action) => action.label),
    );
    await actions.find((action) => action.label === label)?.run();
  }
}

export function isCancelled(error: unknown): boolean {
  return isAbort(error) || (error instanceof Error && error.name === 'Canceled');
}

function nextOf(error: unknown): readonly NextAction[] {
  if (error instanceof JourneyError) return error.next;
  return isBuildFailure(error) ? ['openDockerfile', 'showOutput'] : ['retry', 'showOutput'];
}

function sentenceOf(error: unknown): string {
  if (!isBuildFailure(error)) return error instanceof Error ? error.message : describeError(error);
  const where = error.line === undefined ? '' : ` (line ${error.line})`;
  // BuildKit puts the stage and a count before the instruction.
  const step = error.step === undefined ? '' : ` at ${error.step.replace(/^\[[^\]]*\] /, '')}${where}`;
  const last = error.output.findLast((line) => line.trim() !== '');
  const words = last === undefined ? error.message : last.trim();
  return `The Dockerfile does not build${step}: ${words}`;
}
