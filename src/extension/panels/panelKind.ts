import type { GenericSchema } from 'valibot';
import type { DisposableStore } from '../../base/disposable.ts';
import type { Event } from '../../base/emitter.ts';
import type { PanelContract, Telling } from '../../protocol/panel.ts';
import type { PanelHandlers } from '../../protocol/panelServer.ts';
import type { PanelType } from '../ids.ts';

/** One kind of panel: what it shows, and how its page is answered. */
export interface PanelKind<C extends PanelContract, Subject> {
  readonly type: PanelType;
  /** Name of its script and its style in `dist/webview`. */
  readonly page: string;
  readonly contract: C;
  /** What a panel is about. It outlives the window with the page's state, so it is decoded when it comes back. */
  readonly subject: GenericSchema<unknown, Subject>;
  /** Panels of one key are one panel. */
  readonly keyOf: (subject: Subject) => string;
  readonly titleOf: (subject: Subject) => string;
  /** Called once for each panel; what it opens goes into `panel.life`. */
  readonly serve: (subject: Subject, panel: PanelHandle<C>) => PanelHandlers<C>;
}

/** A panel, as those who answer its page see it. */
export interface PanelHandle<C extends PanelContract> {
  /** Ends with the panel. */
  readonly life: DisposableStore;
  /** The panel is hidden, and its page is gone. */
  readonly onHidden: Event<void>;
  /** Does nothing while the panel is hidden: its page is gone then, and asks anew when it is shown. */
  tell(news: Telling<C>): void;
  setTitle(title: string): void;
  reveal(): void;
  close(): void;
}
