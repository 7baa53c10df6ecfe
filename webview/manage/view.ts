import type { Managed, ManageFacts, ManageSubject, Verb } from '../../src/protocol/panelManage.ts';
import type { PageState, Tab } from './state.ts';

/** What is shown, all of it: a rendering of the page follows from this alone. */
export interface View {
  readonly subject: ManageSubject;
  readonly state: PageState;
  /** How the deployment was when it was last read; it stays while there is nobody to ask. */
  readonly managed: Managed | undefined;
  /** Why what is shown may be old, or that the deployment is gone; undefined until the host has answered. */
  readonly facts: ManageFacts | undefined;
  /** What was asked for and is not done yet. */
  readonly busy: ReadonlySet<string>;
  /** What the last request was refused with. */
  readonly refusal: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly actions: Actions;
}

/** What a person can do. */
export interface Actions {
  show(tab: Tab): void;
  run(verb: Verb): void;
  fix(): void;
  openAddress(url: string): void;
  copy(text: string): void;
  startRegion(): void;
  look(): void;
  close(): void;
}
