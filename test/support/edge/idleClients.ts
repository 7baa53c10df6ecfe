import { connect, type Socket } from 'node:net';

/** Connections of a client that means no good. */
export interface IdleClients {
  /** Those that the edge has not closed. */
  open(): number;
  /** First lines of what the edge said before it closed, and how often. */
  answers(): ReadonlyMap<string, number>;
  close(): void;
}

/** Opens so many connections, sends the text on each, and then nothing more. Resolves when all are there. */
export async function openIdleClients(port: number, count: number, text = ''): Promise<IdleClients> {
  const sockets = new Set<Socket>();
  const answers = new Map<string, number>();
  const openOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      sockets.add(socket);
      socket.once('connect', () => {
        if (text !== '') socket.write(text);
        resolve();
      });
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
  return {
    open: () => sockets.size,
    answers: () => answers,
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
