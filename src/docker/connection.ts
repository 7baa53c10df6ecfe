import type { IncomingMessage } from 'node:http';
import { anySignal } from '../base/abort.ts';
import { abandonable } from './abandonable.ts';
import type { EngineAddress } from './address.ts';
import { EngineError } from './engine.ts';
import { Refusal, refusalOf, silence, translate } from './errors.ts';
import { compareApi } from './records/infoRecord.ts';
import { record, text } from './records/facts.ts';
import { openTransport, type EngineRequest, type Transport } from './transport.ts';

/** The newest API that this product was written for, and the oldest that it can work with. */
const newestApi = '1.47';
const oldestApi = '1.40';
/** An ordinary call answers in milliseconds; a loaded engine may take long, a hung one for ever. */
const patienceSeconds = 120;
const longestAnswer = 64 * 1024 * 1024;
const longestRefusal = 64 * 1024;

export interface Answer {
  readonly status: number;
  /** Parsed JSON, or `undefined` when the body is empty or no JSON. */
  readonly value: unknown;
}

/** A connection with its API version agreed upon. Every failure leaves it as an `EngineError` or an abort. */
export interface Connection {
  readonly address: EngineAddress;
  /** Answer of `GET /version`, asked once. */
  version(signal?: AbortSignal): Promise<unknown>;
  /** One call with a short answer. Statuses in `values` come back; other refusals are thrown. */
  call(request: EngineRequest, values?: readonly number[], patience?: number): Promise<Answer>;
  /** A call whose answer is a stream. It ends with an error when the connection breaks or the signal fires. */
  stream(request: EngineRequest): Promise<IncomingMessage>;
  /** Turns whatever went wrong while reading a stream into what leaves this folder. */
  explain(error: unknown, signal?: AbortSignal): unknown;
  /** The error for a status that was asked for as a value and turned out to be none. */
  refused(status: number, message: string): unknown;
  readonly transport: Transport;
  dispose(): void;
}

export function connect(address: EngineAddress): Connection {
  const transport = openTransport(address);
  let agreed: Promise<unknown> | undefined;

  const explain = (error: unknown, signal?: AbortSignal): unknown =>
    signal?.aborted === true ? signal.reason : translate(error, address);

  const send = async (request: EngineRequest, values: readonly number[]): Promise<IncomingMessage> => {
    const answer = await transport.send(request);
    const status = answer.statusCode ?? 0;
    if (status < 400 || values.includes(status)) return answer;
    throw await refusal(answer, status);
  };

  const bounded = async <T>(
    signal: AbortSignal | undefined,
    seconds: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(silence(address, seconds)), seconds * 1000);
    const both = anySignal(signal, limit.signal);
    try {
      return await abandonable(work(both), both);
    } catch (error) {
      if (limit.signal.aborted && signal?.aborted !== true) throw limit.signal.reason;
      throw explain(error, signal);
    } finally {
      clearTimeout(timer);
    }
  };

  const negotiate = async (): Promise<unknown> => {
    const answer = await bounded(undefined, 30, async (signal) =>
      readAnswer(await send({ method: 'GET', path: '/version', signal }, [])),
    );
    const theirs = text(record(answer.value)['ApiVersion']) ?? '';
    const minimum = text(record(answer.value)['MinAPIVersion']) ?? oldestApi;
    if (theirs === '' || compareApi(theirs, oldestApi) < 0) throw tooOld(theirs);
    const pinned = compareApi(theirs, newestApi) < 0 ? theirs : newestApi;
    transport.pin(compareApi(pinned, minimum) < 0 ? minimum : pinned);
    return answer.value;
  };

  const version = (signal?: AbortSignal): Promise<unknown> => {
    agreed ??= negotiate().catch((error: unknown) => {
      agreed = undefined;
      throw error;
    });
    return abandonable(agreed, signal);
  };

  return {
    address,
    transport,
    version,
    explain,
    refused: (status, message) => explain(new Refusal(status, message)),
    async call(request, values = [], patience = patienceSeconds) {
      request.signal?.throwIfAborted();
      await version(request.signal);
      return bounded(request.signal, patience, async (signal) =>
        readAnswer(await send({ ...request, signal }, values)),
      );
    },
    async stream(request) {
      request.signal?.throwIfAborted();
      await version(request.signal);
      try {
        return await send(request, []);
      } catch (error) {
        throw explain(error, request.signal);
      }
    },
    dispose: () => transport.dispose(),
  };
}

async function refusal(answer: IncomingMessage, status: number): Promise<Refusal> {
  return refusalOf(status, (await readAll(answer, longestRefusal)).toString('utf8'));
}

async function readAnswer(answer: IncomingMessage): Promise<Answer> {
  const body = (await readAll(answer, longestAnswer)).toString('utf8').trim();
  return { status: answer.statusCode ?? 0, value: parseJson(body) };
}

/** @throws when there is more than `most` bytes, or the connection breaks before the end. */
export async function readAll(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > most) throw new EngineError('failed', `The engine's answer is longer than ${most} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `undefined` for what is no JSON, such as the empty body of a 204. */
export function parseJson(body: string): unknown {
  try {
    return body === '' ? undefined : (JSON.parse(body) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function tooOld(theirs: string): EngineError {
  const said = theirs === '' ? 'tells no API version' : `speaks API ${theirs}`;
  return new EngineError(
    'tooOld',
    `This Docker engine ${said}; API ${oldestApi} (Docker 19.03) or newer is needed. Update Docker, or select another Docker context.`,
  );
}
