import { commands, Uri } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Arrival } from '../../deploy/configMounts.ts';
import type { Notify } from '../notify.ts';
import { keptVersion, type ConfigFile } from './configAddress.ts';
import { fileOf, uriOf } from './configFileSystem.ts';
import { NotSaved, type ConfigStore } from './configStore.ts';
import { whenWords } from './configWords.ts';
import type { KeptSave, KeptSaves } from './keptSaves.ts';
import type { ConfigServers } from './servers.ts';

export interface KeptOffersParts {
  readonly kept: KeptSaves;
  readonly store: ConfigStore;
  readonly servers: Pick<ConfigServers, 'nameOf'>;
  readonly notify: Notify;
  /** Ids of the connections that somebody answers on now. */
  readonly reachable: () => ReadonlySet<string>;
  readonly onConnection: (listener: () => void) => Disposable;
  readonly onSaved: (uri: Uri, arrival: Arrival) => void;
}

/** Offers what was kept as soon as there is somebody to take it. Each save is offered once for each time that is so. */
export class KeptOffers implements Disposable {
  readonly #parts: KeptOffersParts;
  readonly #held = new DisposableStore();
  readonly #offered = new Set<string>();
  #was: ReadonlySet<string> = new Set();

  constructor(parts: KeptOffersParts) {
    this.#parts = parts;
    this.#held.add(parts.onConnection(() => this.look()));
    this.look();
  }

  /** Offers what waits, if a server has just come within reach. */
  look(): void {
    const now = this.#parts.reachable();
    for (const key of this.#offered) if (!now.has(connectionOf(key))) this.#offered.delete(key);
    const back = Array.from(now).some((id) => !this.#was.has(id));
    this.#was = now;
    if (back) void this.offer();
  }

  /** Offers what waits, can be taken and was not offered yet. */
  async offer(): Promise<void> {
    for (const save of await this.#parts.kept.all()) {
      const reachable = this.#parts.reachable().has(connectionOf(save.key));
      if (!reachable || this.#offered.has(save.key)) continue;
      this.#offered.add(save.key);
      void this.#ask(save);
    }
  }

  dispose(): void {
    this.#held.dispose();
  }

  async #ask(save: KeptSave): Promise<void> {
    const uri = Uri.parse(save.key, true);
    const file = fileOf(uri);
    if (file === undefined) return;
    const { notify, servers } = this.#parts;
    const what = `${file.name} of ${servers.nameOf(file)}`;
    await notify.warn(
      `${what}: what you saved at ${whenWords(save.at)} did not arrive, because the server was away.`,
      [
        { label: 'Apply', run: () => this.#apply(uri, file) },
        { label: 'Compare', run: () => this.#compare(file, save) },
        { label: 'Discard', run: () => this.#parts.kept.drop(save.key) },
      ],
    );
  }

  async #apply(uri: Uri, file: ConfigFile): Promise<void> {
    const { store, onSaved, notify } = this.#parts;
    try {
      const arrival = await store.sendKept(file);
      if (arrival !== undefined) onSaved(uri, arrival);
    } catch (error) {
      if (error instanceof NotSaved && error.kind === 'moved') return this.#moved(uri, file);
      this.#offered.delete(uri.toString());
      await notify.problem(error);
    }
  }

  /** Something newer is there: the person looks at both, and decides. */
  async #moved(uri: Uri, file: ConfigFile): Promise<void> {
    const { kept, notify, servers, store, onSaved } = this.#parts;
    const save = await kept.of(uri.toString());
    if (save === undefined) return;
    const says = `${file.name} of ${servers.nameOf(file)} was changed by somebody else since. Nothing was overwritten.`;
    await notify.warn(says, [
      { label: 'Compare', run: () => this.#compare(file, save) },
      {
        label: 'Overwrite',
        run: async () => {
          try {
            onSaved(uri, await store.send(file, save.content, undefined));
          } catch (error) {
            await notify.problem(error);
          }
        },
      },
      { label: 'Discard mine', run: () => kept.drop(save.key) },
    ]);
  }

  async #compare(file: ConfigFile, save: KeptSave): Promise<void> {
    const title = `${file.name}: now ↔ kept`;
    const kept = uriOf({ ...file, version: keptVersion });
    await commands.executeCommand('vscode.diff', uriOf(file), kept, title);
    // Looking decides nothing: it is asked again.
    await this.#ask(save);
  }
}

/** Empty for what is no address of ours: nobody answers there. */
function connectionOf(key: string): string {
  return fileOf(Uri.parse(key, true))?.connection ?? '';
}
