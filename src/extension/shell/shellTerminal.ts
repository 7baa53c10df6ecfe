import { EventEmitter, type Pseudoterminal, type TerminalDimensions } from 'vscode';
import { rest, systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { describeError } from '../../base/log.ts';
import type { Shell } from '../../docker/engine.ts';

/** A terminal shows no more than this in one go; the rest waits, and with it the program that prints it. */
const burstBytes = 256 * 1024;
const breathMs = 40;

/** A terminal of the editor on a shell in an instance. It owns the shell: both end together. */
export class ShellTerminal implements Pseudoterminal {
  readonly #shell: Shell;
  readonly #onProblem: (error: unknown) => void;
  readonly #held = new DisposableStore();
  readonly #written: EventEmitter<string>;
  readonly #closed: EventEmitter<void>;
  readonly onDidWrite;
  readonly onDidClose;

  constructor(shell: Shell, onProblem: (error: unknown) => void) {
    this.#shell = shell;
    this.#onProblem = onProblem;
    this.#written = this.#held.add(new EventEmitter<string>());
    this.#closed = this.#held.add(new EventEmitter<void>());
    this.onDidWrite = this.#written.event;
    this.onDidClose = this.#closed.event;
  }

  open(dimensions: TerminalDimensions | undefined): void {
    if (dimensions !== undefined) this.setDimensions(dimensions);
    void this.#show();
  }

  handleInput(data: string): void {
    if (this.#shell.write(data) === 'refused') this.#written.fire('\x07');
  }

  setDimensions({ columns, rows }: TerminalDimensions): void {
    this.#shell.resize({ columns, rows }).catch(this.#onProblem);
  }

  close(): void {
    this.#held.dispose();
    this.#shell.close().catch(this.#onProblem);
  }

  async #show(): Promise<void> {
    const signal = this.#held.signal();
    const decoder = new TextDecoder();
    let burst = 0;
    try {
      for await (const chunk of this.#shell.output) {
        if (signal.aborted) return;
        this.#written.fire(decoder.decode(chunk, { stream: true }));
        burst += chunk.length;
        if (burst < burstBytes) continue;
        burst = 0;
        await rest(systemClock, breathMs, signal);
      }
    } catch (error) {
      this.#written.fire(`\r\n${describeError(error)}\r\n`);
    }
    if (!signal.aborted) this.#closed.fire();
  }
}
