import type { BuildProgress } from '../engine.ts';
import { record, text } from '../records/facts.ts';
import { OutputTail } from './outputTail.ts';
import type { ProgressReader } from './progress.ts';

interface Step {
  readonly number: number;
  readonly of: number;
  readonly name: string;
  readonly output: OutputTail;
  cached: boolean;
}

/** Reads what the classic builder prints: one step after the other, as text for people. */
export class ClassicProgress implements ProgressReader {
  #current: Step | undefined;

  read(event: unknown): BuildProgress[] {
    const raw = record(event);
    const imageId = text(record(raw['aux'])['ID']);
    // The id comes once per image that is made; the last stage's comes last.
    if (imageId !== undefined) return [...this.#end('finished'), { kind: 'built', imageId }];
    const failure = text(raw['error']);
    if (failure !== undefined) return this.#end('failed', failure);
    const said = text(raw['stream']);
    return said === undefined ? [] : this.#said(said);
  }

  failedStep(): { step?: string; stepNumber?: number; output: readonly string[] } {
    const step = this.#last;
    if (step === undefined) return { output: [] };
    return { step: step.name, stepNumber: step.number, output: step.output.lines() };
  }

  #last: Step | undefined;

  #said(said: string): BuildProgress[] {
    const match = /^Step (\d+)\/(\d+) : ([\s\S]*)$/.exec(said);
    const number = Number(match?.[1]);
    // What a step prints may look like the beginning of another one; only the next number is.
    if (match !== null && number === (this.#last?.number ?? 0) + 1) return this.#begin(match);
    const step = this.#current;
    if (step === undefined) return [];
    if (/^ ---> Using cache\s*$/.test(said)) step.cached = true;
    if (isChatter(said)) return [];
    step.output.add(said);
    return [{ kind: 'output', step: String(step.number), text: said }];
  }

  #begin(match: RegExpExecArray): BuildProgress[] {
    const ended = this.#end('finished');
    const step: Step = {
      number: Number(match[1]),
      of: Number(match[2]),
      name: (match[3] ?? '').trim(),
      output: new OutputTail(),
      cached: false,
    };
    this.#current = step;
    this.#last = step;
    return [...ended, { kind: 'step', id: String(step.number), ...facts(step), state: 'started' }];
  }

  #end(state: 'finished' | 'failed', message?: string): BuildProgress[] {
    const step = this.#current;
    this.#current = undefined;
    if (step === undefined) return [];
    const told = state === 'finished' && step.cached ? 'cached' : state;
    const tail = message === undefined ? {} : { message };
    return [{ kind: 'step', id: String(step.number), ...facts(step), state: told, ...tail }];
  }
}

function facts(step: Step): { name: string; number: number; of: number } {
  return { name: step.name, number: step.number, of: step.of };
}

/** What the builder says about itself: layers, containers and empty lines between. */
function isChatter(said: string): boolean {
  return /^( ---> .*|Removing intermediate container .*|Successfully (built|tagged) .*)?\s*$/.test(said);
}
