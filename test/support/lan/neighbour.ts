import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OwnEngine } from '../ownEngine.ts';
import type { Found } from './scanner.ts';

const run = promisify(execFile);
const scanner = join(import.meta.dirname, 'scanner.ts');

/** Another machine on the network of an engine of a test's own: a network namespace at the other end of a cable. */
export interface Neighbour {
  /** Address of the engine's machine on that network. */
  readonly machine: string;
  /** Asks ports such as `1-65535` or `80,443`. */
  scan(protocol: 'tcp' | 'udp', host: string, ports: string): Promise<Found>;
  /** Sends what is for this network to the engine's machine, as anybody on the same network can. */
  routeThrough(network: string): Promise<void>;
  curl(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

const [machine, own] = ['198.51.100.1', '198.51.100.2'];

export async function plugIn(engine: OwnEngine): Promise<Neighbour> {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready && exec sleep infinity'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const here = (command: string, ...args: readonly string[]) =>
    run('nsenter', ['--target', String(holder.pid), '--net', '--', command, ...args]);
  const there = (command: string, ...args: readonly string[]) => run(...engine.inside(command, args));
  const cable = ['type', 'veth', 'peer', 'name', 'lan0', 'netns', String(holder.pid)];
  await there('ip', 'link', 'add', 'lan0', ...cable);
  for (const [at, address] of [
    [there, machine],
    [here, own],
  ] as const) {
    await at('ip', 'address', 'add', `${address}/24`, 'dev', 'lan0');
    await at('ip', 'link', 'set', 'lan0', 'up');
  }
  return {
    machine,
    async scan(protocol, host, ports) {
      const { stdout } = await here(process.execPath, scanner, protocol, host, ports);
      return JSON.parse(stdout) as Found;
    },
    async routeThrough(network) {
      await here('ip', 'route', 'add', network, 'via', machine);
    },
    async curl(...args) {
      return (await here('curl', '--silent', '--show-error', ...args)).stdout;
    },
    // The cable goes with the end of it.
    async close() {
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
    },
  };
}
