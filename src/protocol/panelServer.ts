import { isAbort } from '../base/abort.ts';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { describeError } from '../base/log.ts';
import { decode } from './decode.ts';
import {
  fromPage,
  type Answers,
  type CallName,
  type FromHost,
  type PanelContract,
  type PanelTransport,
  type Taken,
  type Telling,
} from './panel.ts';
import { isProblem, problem } from './problems.ts';

/** An answer for every call; the signal fires when the page gives up or the panel ends. What it throws is refused. */
export type PanelHandlers<C extends PanelContract> = {
  readonly [K in CallName<C>]: (
    input: Taken<C, K>,
    signal: AbortSignal,
  ) => Promise<Answers<C, K>> | Answers<C, K>;
};

/** The host's end of a panel: answers the calls of its page, whichever page that is by now. */
export class PanelServer<C extends PanelContract> implements Disposable {
  readonly #contract: C;
  readonly #handlers: PanelHandlers<C>;
  readonly #transport: PanelTransport;
  readonly #onDefect: (error: unknown) => void;
  readonly #running = new Map<string, AbortController>();
  readonly #held = new DisposableStore();

  constructor(
    contract: C,
    handlers: PanelHandlers<C>,
    transport: PanelTransport,
    onDefect: (error: unknown) => void,
  ) {
    this.#contract = contract;
    this.#handlers = handlers;
    this.#transport = transport;
    this.#onDefect = onDefect;
    this.#held.add(transport.onMessage((message) => this.#hear(message)));
  }

  /** Tells the page something; a page that is hidden does not hear it and asks again when it is shown. */
  tell(news: Telling<C>): void {
    this.#send({ kind: 'news', news });
  }

  dispose(): void {
    this.#held.dispose();
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
  }

  #send(message: FromHost): void {
    if (!this.#held.disposed) this.#transport.send(message);
  }

  #hear(message: unknown): void {
    const decoded = decode(fromPage, message);
    if (!decoded.ok) return this.#onDefect(new Error('A page said something that it may not say.'));
    const said = decoded.value;
    if (said.kind === 'call') void this.#answer(said.id, said.name, said.with);
    else this.#running.get(said.id)?.abort();
  }

  async #answer(id: string, name: string, input: unknown): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      const value = await this.#handle(name, input, controller.signal);
      this.#send({ kind: 'answer', id, value: value ?? null });
    } catch (error) {
      this.#send(this.#refusal(id, error));
    } finally {
      this.#running.delete(id);
    }
  }

  #handle(name: string, input: unknown, signal: AbortSignal): unknown {
    // Names come from the page: only the contract's own are looked up.
    if (!Object.hasOwn(this.#contract.calls, name)) throw problem('wrongParameters');
    const call = this.#contract.calls[name];
    const decoded = call === undefined ? undefined : decode(call.takes, input);
    if (decoded?.ok !== true) throw problem('wrongParameters', { fields: decoded?.fields ?? [] });
    const handler = this.#handlers[name as CallName<C>] as (input: unknown, signal: AbortSignal) => unknown;
    return handler(decoded.value, signal);
  }

  #refusal(id: string, error: unknown): FromHost {
    if (isProblem(error)) {
      const { code, message, fields } = error;
      return { kind: 'refusal', id, code, message, fields: [...fields] };
    }
    if (!isAbort(error)) this.#onDefect(error);
    const message = error instanceof Error ? error.message : describeError(error);
    return { kind: 'refusal', id, code: 'internalServerError', message, fields: [] };
  }
}
