import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import type { EngineAddress } from './address.ts';
import { EngineError } from './engine.ts';
import { formatAddress } from './address.ts';

type SshAddress = Extract<EngineAddress, { kind: 'ssh' }>;

/** Arguments of `ssh` for one connection; the host can never be taken for an option. */
export function sshArguments(address: SshAddress): string[] {
  return [
    '-o',
    'ConnectTimeout=30',
    // Nobody is there to answer a question: keys come from the agent, hosts from known_hosts.
    '-o',
    'BatchMode=yes',
    '-T',
    ...(address.user === undefined ? [] : ['-l', address.user]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    address.host,
    'docker',
    'system',
    'dial-stdio',
  ];
}

/**
 * Every connection is one `ssh … docker system dial-stdio`, as the docker command line does it: OpenSSH brings
 * the user's configuration, keys and host checks, and one connection that ends takes no other with it.
 */
export class SshAgent extends Agent {
  readonly #address: SshAddress;

  constructor(address: SshAddress) {
    super({ keepAlive: true });
    this.#address = address;
  }

  override createConnection(): Duplex {
    return dialStdio('ssh', sshArguments(this.#address), formatAddress(this.#address));
  }
}

/** A stream over the standard input and output of a command. What it says on standard error explains a failure. */
export function dialStdio(command: string, parameters: readonly string[], where: string): Duplex {
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  const joined = Duplex.from({ readable: child.stdout, writable: child.stdin });
  let said = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (chunk: string) => {
    said = (said + chunk).slice(-2000);
  });
  child.on('error', (error) => joined.destroy(error));
  child.on('close', (code) => {
    if (code === 0 || code === null || joined.destroyed) return;
    joined.destroy(
      new EngineError(
        'unreachable',
        `The Docker engine at ${where} cannot be reached: ${said.trim() || `ssh ended with ${code}`}`,
      ),
    );
  });
  joined.on('close', () => {
    child.kill();
  });
  // node:http sets these on every socket; a pipe has neither.
  return Object.assign(joined, {
    setTimeout: () => joined,
    setNoDelay: () => joined,
    setKeepAlive: () => joined,
    ref: () => joined,
    unref: () => joined,
  });
}
