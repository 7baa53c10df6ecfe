import { StringDecoder } from 'node:string_decoder';
import type { BuildProgress } from '../engine.ts';
import { record, text } from '../records/facts.ts';
import { OutputTail } from './outputTail.ts';
import type { ProgressReader } from './progress.ts';
import { decodeTrace, type Vertex, type VertexLog } from './trace.ts';

type StepState = Extract<BuildProgress, { kind: 'step' }>['state'];

interface Step {
  readonly name: string;
  readonly state: StepState | undefined;
  readonly output: OutputTail;
  readonly decoder: StringDecoder;
}

/** Reads what BuildKit tells: steps by digest, in no order, several at a time. */
export class BuildKitProgress implements ProgressReader {
  readonly #steps = new Map<string, Step>();
  #failed: string | undefined;

  read(event: unknown): BuildProgress[] {
    const raw = record(event);
    const trace = raw['id'] === 'moby.buildkit.trace' ? text(raw['aux']) : undefined;
    if (trace !== undefined) {
      const { vertexes, logs } = decodeTrace(trace);
      return [...vertexes.flatMap((one) => this.#vertex(one)), ...logs.flatMap((one) => this.#log(one))];
    }
    const imageId = raw['id'] === 'moby.image.id' ? text(record(raw['aux'])['ID']) : undefined;
    return imageId === undefined ? [] : [{ kind: 'built', imageId }];
  }

  failedStep(): { step?: string; output: readonly string[] } {
    const step = this.#steps.get(this.#failed ?? '');
    return step === undefined ? { output: [] } : { step: step.name, output: step.output.lines() };
  }

  #vertex(vertex: Vertex): BuildProgress[] {
    const state = stateOf(vertex);
    const before = this.#step(vertex.digest);
    const name = vertex.name === '' ? before.name : vertex.name;
    this.#steps.set(vertex.digest, { ...before, name, state: state ?? before.state });
    // Steps that are given up because another one failed say so too.
    if (state === 'failed' && !/context canceled/i.test(vertex.error)) this.#failed ??= vertex.digest;
    if (state === undefined || state === before.state) return [];
    const message = vertex.error === '' ? {} : { message: vertex.error };
    return [{ kind: 'step', id: vertex.digest, name, ...numberOf(name), state, ...message }];
  }

  #log(log: VertexLog): BuildProgress[] {
    const step = this.#step(log.vertex);
    this.#steps.set(log.vertex, step);
    // A character may be cut in two by the pieces it comes in.
    const text = step.decoder.write(log.bytes);
    step.output.add(text);
    return text === '' ? [] : [{ kind: 'output', step: log.vertex, text }];
  }

  #step(digest: string): Step {
    return (
      this.#steps.get(digest) ?? {
        name: '',
        state: undefined,
        output: new OutputTail(),
        decoder: new StringDecoder('utf8'),
      }
    );
  }
}

function stateOf(vertex: Vertex): StepState | undefined {
  if (vertex.error !== '') return 'failed';
  if (vertex.cached) return 'cached';
  if (vertex.completed) return 'finished';
  return vertex.started ? 'started' : undefined;
}

/** `[build 2/5] RUN npm ci` is number 2 of 5 in its stage. */
function numberOf(name: string): { number?: number; of?: number } {
  const match = /^\[(?:[^\]]* )?(\d+)\/(\d+)\] /.exec(name);
  return match === null ? {} : { number: Number(match[1]), of: Number(match[2]) };
}
