import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

/**
 * Asks the ports of a machine and prints which answer: `scanner.ts tcp|udp HOST FIRST-LAST[,FIRST-LAST…]`. It runs in
 * the network of whoever asks. The one line of its output is a `Found` as JSON.
 */
export interface Found {
  /** Ports that took a connection, or answered a datagram. */
  readonly open: readonly number[];
  /** How many said nothing within the time. */
  readonly silent: number;
}

type Outcome = 'open' | 'refused' | 'silent';

const atOnce = { tcp: 256, udp: 1024 } as const;
/** A datagram may be lost: it is sent again this often, in milliseconds. */
const againMs = 250;
/** How long a port may be silent, in milliseconds. It is asked once more, in case that the machine was busy. */
const patiences = [1000, 3000] as const;

function askTcp(host: string, port: number, patienceMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const socket = connect({ host, port });
  const timer = setTimeout(() => resolve('silent'), patienceMs);
  socket.once('connect', () => resolve('open'));
  socket.once('error', () => resolve('refused'));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

function askUdp(host: string, port: number, patienceMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const socket = createSocket('udp4');
  const timer = setTimeout(() => resolve('silent'), patienceMs);
  socket.once('message', () => resolve('open'));
  socket.once('error', () => resolve('refused'));
  let again: NodeJS.Timeout | undefined;
  socket.connect(port, host, () => {
    const send = (): void => socket.send('anybody there?');
    again = setInterval(send, againMs);
    send();
  });
  return promise.finally(() => {
    clearTimeout(timer);
    clearInterval(again);
    socket.close();
  });
}

function portsOf(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

const [, , given, host = '', ranges = ''] = process.argv;
const protocol = given === 'udp' ? 'udp' : 'tcp';
const ask = { tcp: askTcp, udp: askUdp }[protocol];
const waiting = portsOf(ranges);
const outcomes = new Map<number, Outcome>();

async function askPatiently(port: number): Promise<Outcome> {
  for (const patienceMs of patiences) {
    const outcome = await ask(host, port, patienceMs);
    if (outcome !== 'silent') return outcome;
  }
  return 'silent';
}

async function askOneByOne(): Promise<void> {
  for (let port = waiting.pop(); port !== undefined; port = waiting.pop())
    outcomes.set(port, await askPatiently(port));
}

await Promise.all(Array.from({ length: atOnce[protocol] }, askOneByOne));
const found: Found = {
  open: Array.from(outcomes.keys())
    .filter((port) => outcomes.get(port) === 'open')
    .toSorted((a, b) => a - b),
  silent: Array.from(outcomes.values()).filter((outcome) => outcome === 'silent').length,
};
process.stdout.write(`${JSON.stringify(found)}\n`);
