import { StatusBarAlignment, ThemeColor, window, type StatusBarItem, type Uri } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Arrival } from '../../deploy/configMounts.ts';
import type { Models } from '../model/models.ts';
import { configScheme } from './configAddress.ts';
import { fileOf } from './configFileSystem.ts';
import { arrivalWords, promiseWords, shortfallOf } from './configWords.ts';
import { onClosed } from './onClosed.ts';
import type { ConfigServers } from './servers.ts';

/** Beside a config mount that is open: what a save will do, and what became of the last one. */
export class ConfigStatus implements Disposable {
  readonly #servers: Pick<ConfigServers, 'nameOf' | 'isLive'>;
  readonly #held = new DisposableStore();
  readonly #item: StatusBarItem;
  /** The last one of each document that is open, by its address. */
  readonly #arrivals = new Map<string, Arrival>();

  constructor(servers: Pick<ConfigServers, 'nameOf' | 'isLive'>, models: Pick<Models, 'onChange'>) {
    this.#servers = servers;
    this.#item = this.#held.add(window.createStatusBarItem('patr.configMount', StatusBarAlignment.Left, 9));
    this.#item.name = 'Patr config mount';
    this.#held.add(window.onDidChangeActiveTextEditor(() => this.#show()));
    this.#held.add(models.onChange(() => this.#show()));
    this.#held.add(onClosed(({ uri }) => this.#arrivals.delete(uri.toString())));
    this.#show();
  }

  /** What is shown; undefined: nothing. */
  get text(): string | undefined {
    const uri = window.activeTextEditor?.document.uri;
    return uri === undefined ? undefined : this.#textOf(uri);
  }

  arrived(uri: Uri, arrival: Arrival): void {
    this.#arrivals.set(uri.toString(), arrival);
    this.#show();
  }

  dispose(): void {
    this.#held.dispose();
  }

  #textOf(uri: Uri): string | undefined {
    const file = uri.scheme === configScheme ? fileOf(uri) : undefined;
    if (file === undefined || file.version !== undefined) return undefined;
    const arrival = this.#arrivals.get(uri.toString());
    const live = this.#servers.isLive(file) ?? true;
    const words = arrival === undefined ? promiseWords(live) : arrivalWords(arrival);
    return `${this.#servers.nameOf(file)}: ${words}`;
  }

  #show(): void {
    const uri = window.activeTextEditor?.document.uri;
    const text = this.text;
    if (uri === undefined || text === undefined) return this.#item.hide();
    const arrival = this.#arrivals.get(uri.toString());
    const lacking = arrival === undefined ? undefined : shortfallOf(arrival);
    this.#item.text = `$(${lacking === undefined ? 'file-symlink-file' : 'warning'}) ${text}`;
    this.#item.tooltip = lacking ?? 'Config mount. Select to see its history.';
    this.#item.accessibilityInformation = { label: `Config mount of ${text}. ${lacking ?? ''}` };
    this.#item.backgroundColor =
      lacking === undefined ? undefined : new ThemeColor('statusBarItem.warningBackground');
    this.#item.command = { command: 'patr.configMount.history', title: 'History', arguments: [uri] };
    this.#item.show();
  }
}
