import { randomBytes } from 'node:crypto';
import { Uri, ViewColumn, window, type WebviewPanel } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import { decode } from '../../protocol/decode.ts';
import type { PanelContract } from '../../protocol/panel.ts';
import { PanelServer } from '../../protocol/panelServer.ts';
import { panelHtml } from './panelHtml.ts';
import type { PanelHandle, PanelKind } from './panelKind.ts';
import * as v from 'valibot';

export interface PanelsOptions {
  readonly extensionUri: Uri;
  /** Told what is a defect of ours: pages that say nonsense, handlers that failed. */
  readonly onDefect: (error: unknown) => void;
}

/** The state that a page keeps with the editor; what else is in it is the page's own. */
const keptState = v.object({ subject: v.unknown() });

/**
 * The panels of one kind: at most one for each key, brought to the front when it is there already, and made anew by
 * the editor after the window was reloaded. A page lives only while it is shown; what was typed is in its state.
 */
export class Panels<C extends PanelContract, Subject> implements Disposable {
  readonly #kind: PanelKind<C, Subject>;
  readonly #options: PanelsOptions;
  readonly #open = new Map<
    string,
    { readonly subject: Subject; readonly panel: PanelHandle<C>; readonly isActive: () => boolean }
  >();
  readonly #changed: Emitter<void>;
  readonly #held = new DisposableStore();

  constructor(kind: PanelKind<C, Subject>, options: PanelsOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#changed = this.#held.add(new Emitter<void>(options.onDefect));
    this.#held.add(
      window.registerWebviewPanelSerializer(kind.type, {
        deserializeWebviewPanel: async (panel, state: unknown) => this.#restore(panel, state),
      }),
    );
  }

  /** Keys of the panels that are open. */
  keys(): readonly string[] {
    return Array.from(this.#open.keys());
  }

  /** What they are about. */
  subjects(): readonly Subject[] {
    return Array.from(this.#open.values(), ({ subject }) => subject);
  }

  /** What the one is about that the person is in; undefined: in none of them. */
  active(): Subject | undefined {
    return Array.from(this.#open.values()).find(({ isActive }) => isActive())?.subject;
  }

  /** Another panel is open, or one is not open any more. */
  get onChange(): Event<void> {
    return this.#changed.event;
  }

  /** Shows the panel about something. */
  open(subject: Subject): PanelHandle<C> {
    const there = this.#open.get(this.#kind.keyOf(subject))?.panel;
    there?.reveal();
    return there ?? this.#create(subject);
  }

  dispose(): void {
    this.#held.dispose();
    for (const { panel } of this.#open.values()) panel.close();
  }

  #create(subject: Subject): PanelHandle<C> {
    const { type } = this.#kind;
    const panel = window.createWebviewPanel(type, this.#kind.titleOf(subject), ViewColumn.Active, {
      enableFindWidget: true,
    });
    return this.#fill(panel, subject);
  }

  #restore(panel: WebviewPanel, state: unknown): void {
    const kept = decode(keptState, state);
    const subject = decode(this.#kind.subject, kept.ok ? kept.value.subject : undefined);
    const known = subject.ok && !this.#open.has(this.#kind.keyOf(subject.value));
    // A page that ended before it had kept anything, or of an older version: there is nothing to bring back.
    if (known) this.#fill(panel, subject.value);
    else panel.dispose();
  }

  #fill(panel: WebviewPanel, subject: Subject): PanelHandle<C> {
    const { contract, serve, keyOf, titleOf } = this.#kind;
    const { onDefect } = this.#options;
    const life = new DisposableStore();
    const key = keyOf(subject);
    const hidden = life.add(new Emitter<void>(onDefect));
    const handle: PanelHandle<C> = {
      life,
      onHidden: hidden.event,
      tell: (news) => server.tell(news),
      setTitle: (title) => (panel.title = title),
      reveal: () => panel.reveal(),
      close: () => panel.dispose(),
    };
    const heard = life.add(new Emitter<unknown>(onDefect));
    life.add(panel.webview.onDidReceiveMessage((message: unknown) => heard.fire(message)));
    life.add(
      panel.onDidChangeViewState(() => {
        if (!panel.visible) hidden.fire();
      }),
    );
    const transport = {
      send: (message: unknown) => void panel.webview.postMessage(message),
      onMessage: heard.event,
    };
    const server = new PanelServer(contract, serve(subject, handle), transport, onDefect);
    life.add(server);
    this.#open.set(key, { subject, panel: handle, isActive: () => panel.active });
    panel.onDidDispose(() => {
      this.#open.delete(key);
      life.dispose();
      this.#changed.fire();
    });
    this.#load(panel, titleOf(subject), subject);
    this.#changed.fire();
    return handle;
  }

  /** Gives the panel its page. The folder of the pages is all that it may read. */
  #load(panel: WebviewPanel, title: string, subject: Subject): void {
    const { extensionUri } = this.#options;
    const folder = Uri.joinPath(extensionUri, 'dist', 'webview');
    const { webview } = panel;
    const media = (name: string): string => webview.asWebviewUri(Uri.joinPath(folder, name)).toString();
    const icon = (theme: string): Uri => Uri.joinPath(extensionUri, 'media', `panel-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    webview.html = panelHtml({
      title,
      script: media(`${this.#kind.page}.js`),
      style: media(`${this.#kind.page}.css`),
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      subject,
    });
  }
}
