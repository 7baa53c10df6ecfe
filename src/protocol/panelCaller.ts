import type * as v from 'valibot';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import { decode } from './decode.ts';
import {
  fromHost,
  type Answered,
  type CallName,
  type FromPage,
  type NewsOf,
  type PanelContract,
  type PanelTransport,
  type Takes,
} from './panel.ts';
import { ProblemError } from './problems.ts';

export interface PanelCallerOptions {
  readonly transport: PanelTransport;
  /** A new text at every call, unlike those of every other page. */
  readonly newId: () => string;
  /** Told what the host sent that makes no sense, and listeners that failed: defects, not states. */
  readonly onDefect: (error: unknown) => void;
}

interface Pending {
  readonly schema: v.GenericSchema;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** A page's end of a panel: calls that the host answers, and its news. */
export class PanelCaller<C extends PanelContract> implements Disposable {
  readonly #contract: C;
  readonly #options: PanelCallerOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #held = new DisposableStore();
  readonly #news: Emitter<NewsOf<C>>;

  constructor(contract: C, options: PanelCallerOptions) {
    this.#contract = contract;
    this.#options = options;
    this.#news = this.#held.add(new Emitter<NewsOf<C>>(options.onDefect));
    this.#held.add(options.transport.onMessage((message) => this.#hear(message)));
  }

  get onNews(): Event<NewsOf<C>> {
    return this.#news.event;
  }

  /**
   * Asks the host. An abort is told to it, and what it answers then is not heard any more.
   * @throws ProblemError as the host refused, and an AbortError when the signal fires or the page ends.
   */
  call<K extends CallName<C>>(
    name: K,
    input: Takes<C, K>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Answered<C, K>> {
    if (this.#held.disposed) return Promise.reject(ended());
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const schema = this.#contract.calls[name]?.returns;
    if (schema === undefined) return Promise.reject(new Error(`There is no call ${name}.`));
    const id = this.#options.newId();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#pending.delete(id);
        this.#send({ kind: 'cancel', id });
        reject(signal?.reason as Error);
      };
      const done = (): void => signal?.removeEventListener('abort', giveUp);
      this.#pending.set(id, {
        schema,
        resolve: (value) => (done(), resolve(value as Answered<C, K>)),
        reject: (reason) => (done(), reject(reason as Error)),
      });
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#send({ kind: 'call', id, name, with: input });
    });
  }

  /** Nobody waits any more for what was not answered. */
  dispose(): void {
    this.#held.dispose();
    for (const { reject } of this.#pending.values()) reject(ended());
    this.#pending.clear();
  }

  #send(message: FromPage): void {
    this.#options.transport.send(message);
  }

  #hear(message: unknown): void {
    const decoded = decode(fromHost, message);
    if (!decoded.ok) return this.#options.onDefect(nonsense(decoded.fields));
    const said = decoded.value;
    if (said.kind === 'news') return this.#hearNews(said.news);
    const waiting = this.#pending.get(said.id);
    if (waiting === undefined) return;
    this.#pending.delete(said.id);
    if (said.kind === 'refusal') {
      return waiting.reject(new ProblemError(said.code, 0, said.message, said.fields));
    }
    const answer = decode(waiting.schema, said.value);
    if (answer.ok) waiting.resolve(answer.value);
    else waiting.reject(nonsense(answer.fields));
  }

  #hearNews(news: unknown): void {
    const decoded = decode(this.#contract.news, news);
    if (decoded.ok) this.#news.fire(decoded.value as NewsOf<C>);
    else this.#options.onDefect(nonsense(decoded.fields));
  }
}

function ended(): DOMException {
  return new DOMException('The page has ended.', 'AbortError');
}

function nonsense(fields: readonly { readonly field: string; readonly message: string }[]): Error {
  const where = fields.map(({ field, message }) => `${field} ${message}`).join('; ');
  return new Error(`The host of the panel said something that it may not say: ${where}`);
}
