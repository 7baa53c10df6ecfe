import { window, type LogOutputChannel } from 'vscode';
import type { Facts, Log } from '../base/log.ts';
import { redact } from './redact.ts';

/**
 * The extension's one log, in the editor's own channel. The editor takes a while to make one, so it is made when
 * there is something to say; what is said after the end goes nowhere.
 */
export class Output implements Log {
  readonly #open: () => LogOutputChannel;
  #channel: LogOutputChannel | undefined;
  #ended = false;

  constructor(open: () => LogOutputChannel) {
    this.#open = open;
  }

  static open(): Output {
    return new Output(() => window.createOutputChannel('Patr', { log: true }));
  }

  debug(message: string, facts?: Facts): void {
    this.#made()?.debug(line(message, facts));
  }

  info(message: string, facts?: Facts): void {
    this.#made()?.info(line(message, facts));
  }

  warn(message: string, facts?: Facts): void {
    this.#made()?.warn(line(message, facts));
  }

  error(message: string, facts?: Facts): void {
    this.#made()?.error(line(message, facts));
  }

  /** Output of builds and pushes, as it comes. */
  append(text: string): void {
    for (const one of redact(text).split('\n')) if (one.trim() !== '') this.#made()?.info(one);
  }

  show(): void {
    this.#made()?.show(true);
  }

  dispose(): void {
    this.#ended = true;
    this.#channel?.dispose();
    this.#channel = undefined;
  }

  #made(): LogOutputChannel | undefined {
    if (!this.#ended) this.#channel ??= this.#open();
    return this.#channel;
  }
}

function line(message: string, facts: Facts = {}): string {
  const tail = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${String(value)}`)
    .join('');
  return redact(`${message}${tail}`);
}
