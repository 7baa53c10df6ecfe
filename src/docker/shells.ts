import type { Duplex } from 'node:stream';
import type { Connection } from './connection.ts';
import { EngineError, type Engine, type Shell, type TerminalSize } from './engine.ts';
import { execution } from './execution.ts';
import { record, text } from './records/facts.ts';
import { escapePath } from './transport.ts';

/** Says its number within the container first, so that it can be ended later: the engine does not end it. */
const command = [
  'sh',
  '-c',
  'echo $$; if command -v bash >/dev/null 2>&1; then exec bash; fi; exec sh',
] as const;
/** The number and its line end; whatever is longer is no number. */
const longestFirstLine = 32;
/** What was typed and not taken yet, in bytes. */
const mostTyped = 1024 * 1024;
/** How long ending a shell may take, in milliseconds. */
const closeWithinMs = 10_000;

/** Shells in containers, each on a connection of its own. */
export function shells(connection: Connection): Pick<Engine, 'openShell'> {
  return {
    async openShell(id, size, { signal } = {}) {
      const body = {
        Cmd: command,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: true,
        Env: ['TERM=xterm-256color'],
      };
      const path = `/containers/${escapePath(id)}/exec`;
      const made = await connection.call({ method: 'POST', path, body, signal }, [404, 409]);
      if (made.status === 404) return 'absent';
      if (made.status === 409) return 'notRunning';
      const exec = text(record(made.value)['Id']);
      if (exec === undefined) throw new EngineError('failed', 'The engine gave no id for the shell.');
      const socket = await attach(connection, exec, signal);
      // What breaks it ends its output, and that is told to who reads.
      socket.on('error', () => undefined);
      const onAbort = (): void => void socket.destroy();
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        const first = await firstLine(socket);
        signal?.throwIfAborted();
        if (first === undefined) return 'noShell';
        const shell = shellOn(connection, { container: id, exec, socket, process: first });
        await shell.resize(size);
        return shell;
      } catch (error) {
        socket.destroy();
        throw connection.explain(error, signal);
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
  };
}

async function attach(
  connection: Connection,
  exec: string,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  signal?.throwIfAborted();
  try {
    return await connection.transport.upgrade(`/exec/${exec}/start`, {}, { Detach: false, Tty: true });
  } catch (error) {
    throw connection.explain(error, signal);
  }
}

/** Number of the shell's process; undefined when something else is said: there is no such program. */
async function firstLine(socket: Duplex): Promise<string | undefined> {
  let said = Buffer.alloc(0);
  while (!said.includes(10) && said.length < longestFirstLine) {
    const chunk = await nextChunk(socket);
    if (chunk === undefined) break;
    said = Buffer.concat([said, chunk]);
  }
  const [, process, rest] = /^(\d+)\r?\n([^]*)$/.exec(said.toString('latin1')) ?? [];
  if (process === undefined) {
    socket.destroy();
    return undefined;
  }
  if (rest !== undefined && rest !== '') socket.unshift(Buffer.from(rest, 'latin1'));
  return process;
}

/** Undefined at the end. */
async function nextChunk(socket: Duplex): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (socket.readableEnded || socket.destroyed) return undefined;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const name of ['readable', 'end', 'close']) socket.off(name, done);
        resolve();
      };
      for (const name of ['readable', 'end', 'close']) socket.on(name, done);
    });
  }
}

interface Opened {
  readonly container: string;
  readonly exec: string;
  readonly socket: Duplex;
  /** Number of its process within the container. */
  readonly process: string;
}

function shellOn(connection: Connection, { container, exec, socket, process }: Opened): Shell {
  let ended = false;
  const resize = async ({ columns, rows }: TerminalSize): Promise<void> => {
    const query = { w: columns, h: rows };
    // It may have ended by now; then there is nothing to resize.
    await connection.call({ method: 'POST', path: `/exec/${exec}/resize`, query }, [404, 409, 500]);
  };
  return {
    output: outputOf(socket, () => (ended = true)),
    write(typed) {
      if (socket.destroyed || socket.writableLength > mostTyped) return 'refused';
      socket.write(typed);
      return 'written';
    },
    resize,
    async close() {
      const running = !ended;
      ended = true;
      socket.destroy();
      if (running) await hangUp(connection, container, process);
    },
  };
}

async function* outputOf(socket: Duplex, onEnd: () => void): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of socket) yield chunk as Buffer;
  } catch {
    // A connection that broke ends it as well; a shell tells no reasons.
  } finally {
    onEnd();
  }
}

/** As a terminal does that is closed: the shell passes it on to what it started. */
async function hangUp(connection: Connection, container: string, process: string): Promise<void> {
  const signal = AbortSignal.timeout(closeWithinMs);
  try {
    await execution(connection).exec(container, ['sh', '-c', `kill -HUP ${process}`], { signal });
  } catch (error) {
    // Gone with its container, which is what was wanted.
    if (error instanceof EngineError && (error.kind === 'notFound' || error.kind === 'failed')) return;
    throw error;
  }
}
