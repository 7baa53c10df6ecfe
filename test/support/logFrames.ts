import type { LogMessage } from '../../src/docker/engine.ts';

/** A frame as the engine sends it. */
export function logFrame(stream: 'stdout' | 'stderr', text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.from([stream === 'stderr' ? 2 : 1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** The n-th nanosecond of a day. */
export function logTime(n: number): string {
  const [seconds, rest] = [Math.floor(n / 1e9), n % 1e9];
  const day = new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString().slice(0, 19);
  return `${day}.${String(rest).padStart(9, '0')}Z`;
}

/** A whole line of stdout, unless the facts say otherwise. */
export function aMessage(n: number, text: string | Buffer, facts: Partial<LogMessage> = {}): LogMessage {
  return { stream: 'stdout', at: logTime(n), bytes: Buffer.from(text), ends: true, ...facts };
}
