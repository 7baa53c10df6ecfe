import { render } from 'lit-html';
import { isAbort } from '../../src/base/abort.ts';
import { describeError } from '../../src/base/log.ts';
import type { PanelCaller } from '../../src/protocol/panelCaller.ts';
import type { ManageContract, Managed, ManageFacts, ManageSubject } from '../../src/protocol/panelManage.ts';
import { page } from './page.ts';
import type { PageState } from './state.ts';
import type { Actions, View } from './view.ts';

export interface ManageOptions {
  readonly root: HTMLElement;
  readonly host: Pick<PanelCaller<ManageContract>, 'call' | 'onNews'>;
  readonly subject: ManageSubject;
  /** What an earlier page of this panel was left with. */
  readonly kept: PageState | undefined;
  readonly keep: (state: PageState) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Times that are told as "3 minutes ago" are drawn anew this often, in milliseconds. */
const drawEveryMs = 10_000;

/** The page of one deployment: what the host tells, what was typed, and the drawing of both. */
export class Manage {
  readonly #options: ManageOptions;
  readonly #busy = new Set<string>();
  #state: PageState;
  #facts: ManageFacts | undefined;
  #managed: Managed | undefined;
  #refusal: string | undefined;
  #looking: AbortController | undefined;
  #drawing = false;

  constructor(options: ManageOptions) {
    this.#options = options;
    this.#state = options.kept ?? { tab: 'overview' };
    options.host.onNews(() => void this.#look());
    setInterval(() => this.#later(), drawEveryMs);
  }

  /** Draws at once, and again with what the host knows. */
  async begin(): Promise<void> {
    this.#draw();
    await this.#look();
  }

  /** Reads everything anew. What was asked before is not of interest any more. */
  async #look(): Promise<void> {
    this.#looking?.abort();
    const looking = new AbortController();
    this.#looking = looking;
    try {
      this.#see(await this.#options.host.call('look', null, { signal: looking.signal }));
    } catch (error) {
      if (isAbort(error)) return;
      this.#see({ kind: 'away', message: describeError(error), canStart: false });
    }
  }

  #see(facts: ManageFacts): void {
    this.#facts = facts;
    if (facts.kind === 'there') this.#managed = facts;
    this.#later();
  }

  /** One drawing for everything that happens in one go. */
  #later(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const view: View = {
      subject: this.#options.subject,
      state: this.#state,
      managed: this.#managed,
      facts: this.#facts,
      busy: this.#busy,
      refusal: this.#refusal,
      now: this.#options.now(),
      actions: this.#actions,
    };
    render(page(view), this.#options.root);
  }

  #keep(changes: Partial<PageState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#options.keep(this.#state);
    this.#later();
  }

  readonly #actions: Actions = {
    show: (tab) => this.#keep({ tab }),
    run: (verb) => void this.#ask(verb, () => this.#options.host.call('run', { verb })),
    fix: () => void this.#ask('fix', () => this.#options.host.call('fix', null)),
    openAddress: (url) =>
      void this.#ask('openAddress', () => this.#options.host.call('openAddress', { url })),
    copy: (text) => void this.#ask('copy', () => this.#options.host.call('copy', { text })),
    startRegion: () => void this.#ask('startRegion', () => this.#options.host.call('startRegion', null)),
    look: () => void this.#look(),
    close: () => void this.#ask('close', () => this.#options.host.call('close', null)),
  };

  /** Asks for something to be done; while it is not, it is shown as busy, and a refusal is said. */
  async #ask(what: string, ask: () => Promise<unknown>): Promise<void> {
    this.#busy.add(what);
    this.#refusal = undefined;
    this.#later();
    try {
      await ask();
    } catch (error) {
      if (!isAbort(error)) this.#refusal = describeError(error);
    } finally {
      this.#busy.delete(what);
      this.#later();
    }
  }
}
