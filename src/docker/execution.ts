import type { Connection } from './connection.ts';
import { EngineError, type Engine } from './engine.ts';
import { frames } from './frames.ts';
import { Tail } from './kept.ts';
import { number, record, text } from './records/facts.ts';
import { escapePath } from './transport.ts';

const most = 1024 * 1024;

/** Runs a command in a container and waits for its end. An abort stops waiting; the command itself may go on. */
export function execution(connection: Connection): Pick<Engine, 'exec'> {
  return {
    async exec(id, command, { signal, user } = {}) {
      const body = { Cmd: command, AttachStdout: true, AttachStderr: true, User: user };
      const path = `/containers/${escapePath(id)}/exec`;
      const { value } = await connection.call({ method: 'POST', path, body, signal });
      const exec = text(record(value)['Id']);
      if (exec === undefined) throw new EngineError('failed', 'The engine gave no id for the command.');

      const stdout = new Tail(most);
      const stderr = new Tail(most);
      const start = {
        method: 'POST',
        path: `/exec/${exec}/start`,
        body: { Detach: false, Tty: false },
        signal,
      } as const;
      const stream = await connection.stream(start);
      try {
        for await (const chunk of frames(stream))
          (chunk.stream === 'stdout' ? stdout : stderr).add(chunk.bytes);
      } catch (error) {
        throw connection.explain(error, signal);
      } finally {
        stream.destroy();
      }
      const end = await connection.call({ method: 'GET', path: `/exec/${exec}/json`, signal });
      const exitCode = number(record(end.value)['ExitCode']);
      if (exitCode === undefined) throw new EngineError('failed', 'The command was cut off before it ended.');
      return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
    },
  };
}
