import { window, type LogOutputChannel } from 'vscode';
import type { Facts, Log } from '../base/log.ts';
import { redact } from './redact.ts';

/** The extension's one log, in the editor's own channel. */
export class Output implements Log {
  readonly #channel: LogOutputChannel;

  constructor(channel: LogOutputChannel) {
    this.#channel = channel;
  }

  static open(): Output {
    return new Output(window.createOutputChannel('Patr', { log: true }));
  }

  debug(message: string, facts?: Facts): void {
    this.#channel.debug(line(message, facts));
  }

  info(message: string, facts?: Facts): void {
    this.#channel.info(line(message, facts));
  }

  warn(message: string, facts?: Facts): void {
    this.#channel.warn(line(message, facts));
  }

  error(message: string, facts?: Facts): void {
    this.#channel.error(line(message, facts));
  }

  /** Output of builds and pushes, as it comes. */
  append(text: string): void {
    for (const one of redact(text).split('\n')) if (one.trim() !== '') this.#channel.info(one);
  }

  show(): void {
    this.#channel.show(true);
  }

  dispose(): void {
    this.#channel.dispose();
  }
}

function line(message: string, facts: Facts = {}): string {
  const tail = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${String(value)}`)
    .join('');
  return redact(`${message}${tail}`);
}
