import { FileDecoration, Uri, window, workspace, type ExtensionContext, type Memento } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { Arrival } from '../../deploy/configMounts.ts';
import type { Models } from '../model/models.ts';
import type { Notify } from '../notify.ts';
import type { Prompts } from '../prompts.ts';
import { configScheme, type ConfigFile } from './configAddress.ts';
import { ConfigChecks } from './configChecks.ts';
import { ConfigFileSystem, fileOf, uriOf } from './configFileSystem.ts';
import { ConfigStatus } from './configStatus.ts';
import { ConfigStore } from './configStore.ts';
import { shortfallOf } from './configWords.ts';
import { digestOf, Following, pathOf } from './following.ts';
import { Follows } from './follows.ts';
import { KeptOffers } from './keptOffers.ts';
import { KeptSaves, type SaveStore } from './keptSaves.ts';
import { KnownMounts, type KnownMount } from './knownMounts.ts';
import { ConfigServers } from './servers.ts';

export interface ConfigsParts {
  readonly context: Pick<ExtensionContext, 'workspaceState' | 'globalStorageUri'>;
  readonly models: Models;
  readonly prompts: Prompts;
  readonly notify: Notify;
  readonly log: Log;
  readonly showOutput: () => void;
}

/** What stands beside a config mount in lists. */
export interface MountMarks {
  /** The file of the workspace that it follows, as a person finds it. */
  readonly follows?: string;
  /** A save of it is kept, because nobody could take it. */
  readonly kept?: true;
}

/** Config mounts in this window: the files, the checks, what is followed, and what waits for the server. */
export class Configs implements Disposable {
  readonly servers: ConfigServers;
  readonly store: ConfigStore;
  readonly files: ConfigFileSystem;
  readonly checks: ConfigChecks;
  readonly status: ConfigStatus;
  readonly follows: Follows;
  readonly following: Following;
  readonly kept: KeptSaves;
  readonly offers: KeptOffers;
  readonly #parts: ConfigsParts;
  readonly #held = new DisposableStore();
  readonly #marked: Emitter<void>;
  readonly #needed: Emitter<void>;
  #wasNeeded: ReadonlySet<string> = new Set();
  /** Addresses of config mounts with a save that is kept. */
  #keptKeys: ReadonlySet<string> = new Set();

  constructor(parts: ConfigsParts) {
    this.#parts = parts;
    const { context, models, prompts, notify, log } = parts;
    const failed = (error: unknown): void => log.error('A listener failed', { error: describeError(error) });
    this.#marked = this.#held.add(new Emitter<void>(failed));
    this.#needed = this.#held.add(new Emitter<void>(failed));
    this.servers = new ConfigServers(models);
    this.kept = new KeptSaves(saveStore(context.globalStorageUri), (message) => log.warn(message));
    this.follows = new Follows(context.workspaceState, failed);
    const bases = new KeptBases(context.workspaceState);
    const known = new KnownMounts(bases.all(), (key, base) => bases.put(key, base));
    this.store = new ConfigStore({
      servers: this.servers,
      known,
      kept: this.kept,
      keyOf: (file) => uriOf(file).toString(),
      now: () => Date.now(),
    });
    this.checks = this.#held.add(new ConfigChecks(prompts));
    this.status = this.#held.add(new ConfigStatus(this.servers, models));
    this.files = this.#held.add(
      new ConfigFileSystem({
        store: this.store,
        known,
        check: (uri, content) => this.checks.check(uri, content),
        onSaved: (uri, arrival) => this.#arrived(uri, arrival),
        onRenamed: (from, to) => void this.follows.renamed(from.toString(), to.toString()),
        onGone: (uri) => void this.follows.end(uri.toString()),
        onAway: () => void this.#lostSight(),
        debug: (error) => log.debug('Config mounts could not be looked at', { error: describeError(error) }),
      }),
    );
    const toRegion = {
      store: this.store,
      servers: this.servers,
      notify,
      reachable: () => reachableOf(models),
      onConnection: (listener: () => void) => models.onConnection(listener),
      onSaved: (uri: Uri, arrival: Arrival) => this.files.told(uri, 'changed', arrival),
    };
    this.offers = this.#held.add(new KeptOffers({ ...toRegion, kept: this.kept }));
    this.following = this.#held.add(
      new Following({ ...toRegion, follows: this.follows, checks: this.checks }),
    );
    this.#held.add(
      models.onChange((change) => void this.files.renew(change.kind === 'one' ? change.id : undefined)),
    );
    this.#held.add(
      models.onConnection(() => {
        void this.files.renew();
        void this.#lookAtKept();
      }),
    );
    this.#held.add(
      this.follows.onChange(() => {
        this.#marked.fire();
        this.#lookAtNeed();
      }),
    );
    this.#held.add(window.tabGroups.onDidChangeTabs(() => this.#lookAtNeed()));
    this.#held.add(workspace.onDidOpenTextDocument(() => this.#lookAtNeed()));
    this.#held.add(workspace.onDidCloseTextDocument(() => this.#lookAtNeed()));
    this.#held.add(this.kept.onChange(() => void this.#lookAtKept()));
    this.#held.add(
      window.registerFileDecorationProvider({ provideFileDecoration: (uri) => this.#decorationOf(uri) }),
    );
  }

  /** Connections that have to be asked what is there: something of them is open, or followed. */
  needed(): ReadonlySet<string> {
    const followed = this.follows
      .all()
      .flatMap(({ mount }) => fileOf(Uri.parse(mount, true))?.connection ?? []);
    return new Set([...this.files.openOn(), ...followed]);
  }

  /** Fires when others are `needed` than were. */
  get onNeed(): Event<void> {
    return this.#needed.event;
  }

  /** Fires when what `marksOf` says may be another. */
  get onMark(): Event<void> {
    return this.#marked.event;
  }

  marksOf(deploymentId: string, name: string): MountMarks {
    const model = this.#parts.models.of(deploymentId);
    const target = model.target();
    if (target === undefined) return {};
    const place = { connection: model.connection.id, workspaceId: target.workspaceId, deploymentId };
    const key = uriOf({ ...place, name }).toString();
    const follow = this.follows.by(key);
    return {
      ...(follow === undefined ? {} : { follows: pathOf(follow) }),
      ...(this.#keptKeys.has(key) ? { kept: true } : {}),
    };
  }

  /** From now on each save of a workspace file goes to a config mount that has its content already. */
  async follow(file: Uri, mount: ConfigFile, content: Uint8Array): Promise<void> {
    const sent = digestOf(content);
    await this.follows.set({ file: file.toString(), mount: uriOf(mount).toString(), sent });
  }

  dispose(): void {
    this.#held.dispose();
  }

  #arrived(uri: Uri, arrival: Arrival): void {
    const { models, notify, showOutput } = this.#parts;
    this.status.arrived(uri, arrival);
    const file = fileOf(uri);
    if (file === undefined) return;
    void models.by(file.connection)?.reload(file.deploymentId);
    const lacking = shortfallOf(arrival);
    if (lacking === undefined) return;
    const says = `${file.name} of ${this.servers.nameOf(file)}: ${lacking}`;
    void notify.warn(says, [{ label: 'Show output', run: showOutput }]);
  }

  #lookAtNeed(): void {
    const needed = this.needed();
    if (needed.symmetricDifference(this.#wasNeeded).size === 0) return;
    this.#wasNeeded = needed;
    this.#needed.fire();
  }

  /** A save was kept. Nobody may look after the region, and it may be there again already. */
  async #lostSight(): Promise<void> {
    await Promise.all(this.#parts.models.all().map(({ connection }) => connection.look()));
    await this.offers.offer();
  }

  async #lookAtKept(): Promise<void> {
    this.#keptKeys = new Set((await this.kept.all()).map(({ key }) => key));
    this.#marked.fire();
  }

  /** The name of a file says nothing of where it is. */
  #decorationOf(uri: Uri): FileDecoration | undefined {
    const file = uri.scheme === configScheme ? fileOf(uri) : undefined;
    if (file === undefined) return undefined;
    return new FileDecoration(undefined, `config mount of ${this.servers.nameOf(file)}`);
  }
}

function reachableOf(models: Models): ReadonlySet<string> {
  const there = models.all().filter((model) => model.target() !== undefined);
  return new Set(there.map(({ connection }) => connection.id));
}

/** Files of one folder of the extension's own. */
function saveStore(storage: Uri): SaveStore {
  const folder = Uri.joinPath(storage, 'kept-saves');
  const at = (name: string): Uri => Uri.joinPath(folder, name);
  return {
    async names() {
      try {
        return (await workspace.fs.readDirectory(folder)).map(([name]) => name);
      } catch {
        // It is made with the first save that is kept.
        return [];
      }
    },
    read: async (name) => workspace.fs.readFile(at(name)),
    async write(name, bytes) {
      await workspace.fs.createDirectory(folder);
      await workspace.fs.writeFile(at(name), bytes);
    },
    remove: async (name) => workspace.fs.delete(at(name)),
  };
}

const basesKey = 'patr.configBases';
/** Documents whose versions are kept, the last ones. */
const mostBases = 200;

/** What documents with unsaved changes were made of: the editor brings them back after a reload, and knows less of it. */
class KeptBases {
  readonly #state: Memento;
  #bases: Readonly<Record<string, KnownMount>>;

  constructor(state: Memento) {
    this.#state = state;
    this.#bases = state.get<Readonly<Record<string, KnownMount>>>(basesKey, {});
  }

  all(): Readonly<Record<string, KnownMount>> {
    return this.#bases;
  }

  put(key: string, base: KnownMount | undefined): void {
    const { [key]: _before, ...others } = this.#bases;
    const kept = Object.entries(others).slice(base === undefined ? 0 : 1 - mostBases);
    this.#bases = Object.fromEntries(base === undefined ? kept : [...kept, [key, base]]);
    void this.#state.update(basesKey, this.#bases);
  }
}
