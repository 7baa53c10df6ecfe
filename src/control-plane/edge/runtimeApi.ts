import { connect } from 'node:net';
import { withTimeout } from '../../base/abort.ts';

/** The proxy did not do what it was told, or does not answer. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

export interface Waiting {
  readonly signal?: AbortSignal;
}

const longestAnswer = 64 * 1024 * 1024;
const timeoutMs = 10_000;

/** What may stand in a command beside its fixed words. */
const safeWord = /^[A-Za-z0-9_./:@-]{1,512}$/;

/** Checks a value that goes into a command: no white space, quote, semicolon or backslash can. */
export function word(value: string | number): string {
  const text = String(value);
  if (!safeWord.test(text)) throw new ProxyError(`${JSON.stringify(text)} cannot be part of a command.`);
  return text;
}

/** What may stand in a key or value of a map: whatever is printed, but for what ends a word or a command. */
const safeEntry = /^[\x21-\x7e]{1,2048}$/;

/** Checks a key or value of a map. */
export function entry(value: string): string {
  if (!safeEntry.test(value) || /[;"'`\\]/.test(value)) {
    throw new ProxyError(`${JSON.stringify(value)} cannot be part of a map.`);
  }
  return value;
}

/** HAProxy's admin socket. One connection per command, which the proxy closes after its answer. */
export interface RuntimeApi {
  /** Sends a command and returns its answer, trimmed. @throws ProxyError when nobody answers. */
  ask(command: string, options?: Waiting): Promise<string>;
  /** Sends a command that answers nothing, or one of the given texts, when it worked. @throws ProxyError. */
  tell(command: string, expected: RegExp, options?: Waiting): Promise<void>;
}

export function runtimeApi(socketPath: string): RuntimeApi {
  return apiOver((command, signal) => exchange(socketPath, command, signal));
}

/** A worker behind the master's socket, by its process id. */
export function workerApi(master: RuntimeApi, pid: number): RuntimeApi {
  return apiOver((command, signal) => master.ask(`@!${word(pid)} ${command}`, { signal }));
}

function apiOver(send: (command: string, signal: AbortSignal) => Promise<string>): RuntimeApi {
  const ask = async (command: string, { signal }: Waiting = {}): Promise<string> =>
    (await send(command, withTimeout(timeoutMs, signal))).trim();
  return {
    ask,
    async tell(command, expected, options) {
      const answer = await ask(command, options);
      if (answer !== '' && !expected.test(answer)) {
        throw new ProxyError(`The edge refused "${command.split('\n')[0]}": ${answer}`);
      }
    },
  };
}

function exchange(socketPath: string, command: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath });
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(new ProxyError(`The edge's admin socket ${why}.`, { cause }));
    };
    const onAbort = (): void => {
      const reason: unknown = signal.reason;
      const late = reason instanceof Error && reason.name === 'TimeoutError';
      if (late) fail('did not answer in time', reason);
      else reject(reason);
      socket.destroy();
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => fail('cannot be reached', error));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > longestAnswer) fail('answered without an end');
    });
    // The proxy closes the connection after its answer, which is an empty line at the least.
    socket.on('close', () => {
      signal.removeEventListener('abort', onAbort);
      if (size === 0) fail('closed without an answer');
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
    socket.end(`${command}\n`);
  });
}
