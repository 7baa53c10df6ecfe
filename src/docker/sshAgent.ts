import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex, type Readable, type Writable } from 'node:stream';
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
  return new CommandStream(child, where);
}

class CommandStream extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, where: string) {
    super();
    this.#child = child;
    let said = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (chunk: string) => {
      said = (said + chunk).slice(-2000);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    // Writing to a command that has ended says nothing: its end, which follows, tells why.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => this.destroy(unreachable(where, error.message)));
    child.on('close', (code) => {
      if (code === 0) this.push(null);
      else this.destroy(unreachable(where, said.trim() || `the command ended with ${code}`));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  /** node:http calls these on every socket; a pipe has nothing to set. */
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

function unreachable(where: string, why: string): EngineError {
  const help = 'Check that `ssh` reaches that machine without a question, and that Docker runs there.';
  return new EngineError('unreachable', `The Docker engine at ${where} cannot be reached: ${why}. ${help}`);
}
