import { connect, type Socket } from 'node:net';

/** Connections of a client that means no good. */
export interface IdleClients {
  /** Those that the edge has not closed. */
  open(): number;
  /** First lines of what the edge said before it closed, and how often. */
  answers(): ReadonlyMap<string, number>;
  close(): void;
}

export interface Idleness {
  /** Sent on each connection first. */
  readonly text?: string;
  /** And then a byte every so many milliseconds, for as long as there is somebody to send it to. */
  readonly dripMs?: number;
  /** Nothing that is answered is taken in. */
  readonly deaf?: boolean;
}

/** Opens so many connections to a port of loopback. Resolves when all are there. */
export async function openIdleClients(
  port: number,
  count: number,
  { text = '', dripMs, deaf = false }: Idleness = {},
): Promise<IdleClients> {
  const sockets = new Set<Socket>();
  const answers = new Map<string, number>();
  const openOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      sockets.add(socket);
      socket.once('connect', () => {
        if (text !== '') socket.write(text);
        // What comes later is the edge's way of ending it.
        socket.off('error', reject).on('error', () => undefined);
        resolve();
      });
      if (deaf) socket.pause();
      else
        socket.on('data', (bytes) => {
          const [line = ''] = bytes.toString('latin1').split('\r\n');
          answers.set(line, (answers.get(line) ?? 0) + 1);
        });
      socket.on('error', reject);
      socket.on('close', () => sockets.delete(socket));
    });
  const atOnce = 100;
  for (let made = 0; made < count; made += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, count - made) }, openOne));
  }
  const drip = (): void => {
    for (const socket of sockets) if (socket.writable) socket.write('x');
  };
  const dripping = dripMs === undefined ? undefined : setInterval(drip, dripMs);
  return {
    open: () => sockets.size,
    answers: () => answers,
    close() {
      clearInterval(dripping);
      for (const socket of sockets) socket.destroy();
    },
  };
}
