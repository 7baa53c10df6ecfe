import { createHash } from 'node:crypto';
import { commands, FileSystemError, Uri, workspace } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Arrival } from '../../deploy/configMounts.ts';
import { describeError } from '../../base/log.ts';
import type { Notify } from '../notify.ts';
import type { ConfigChecks } from './configChecks.ts';
import { fileOf } from './configFileSystem.ts';
import { NotSaved, type ConfigStore } from './configStore.ts';
import type { Follow, Follows } from './follows.ts';
import type { ConfigFile } from './configAddress.ts';
import { isAway, type ConfigServers } from './servers.ts';

export interface FollowingParts {
  readonly follows: Follows;
  readonly store: ConfigStore;
  readonly checks: Pick<ConfigChecks, 'check'>;
  readonly servers: Pick<ConfigServers, 'nameOf'>;
  readonly notify: Notify;
  /** Ids of the connections that somebody answers on now. */
  readonly reachable: () => ReadonlySet<string>;
  readonly onConnection: (listener: () => void) => Disposable;
  readonly onSaved: (uri: Uri, arrival: Arrival) => void;
}

/** Sends files of the workspace on to the config mounts that follow them, at every save. */
export class Following implements Disposable {
  readonly #parts: FollowingParts;
  readonly #held = new DisposableStore();
  /** One sending of a config mount at a time; the newest content goes last. */
  readonly #sending = new Map<string, Promise<void>>();
  /** Config mounts of which it was said that their file has an error: it is not said at every pause. */
  readonly #unfinished = new Set<string>();
  #was: ReadonlySet<string> = new Set();

  constructor(parts: FollowingParts) {
    this.#parts = parts;
    const { follows } = parts;
    this.#held.add(
      workspace.onDidSaveTextDocument(({ uri }) => {
        for (const one of follows.of(uri.toString())) void this.send(one);
      }),
    );
    this.#held.add(
      workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri, newUri } of files) void follows.renamed(oldUri.toString(), newUri.toString());
      }),
    );
    this.#held.add(
      workspace.onDidDeleteFiles(({ files }) => {
        for (const uri of files)
          for (const one of follows.of(uri.toString())) void this.#end(one, 'its file was deleted');
      }),
    );
    this.#held.add(parts.onConnection(() => this.#look()));
    this.#look();
  }

  /** Sends the file as it is now, after whatever is on its way. */
  send(one: Follow): Promise<void> {
    const before = this.#sending.get(one.mount) ?? Promise.resolve();
    const sending = before.then(() => this.#sendNow(one.mount));
    this.#sending.set(one.mount, sending);
    void sending.finally(() => {
      if (this.#sending.get(one.mount) === sending) this.#sending.delete(one.mount);
    });
    return sending;
  }

  dispose(): void {
    this.#held.dispose();
  }

  /** What was saved while nobody followed is offered, not sent: it may be long ago. */
  #look(): void {
    const now = this.#parts.reachable();
    const back = new Set(Array.from(now).filter((id) => !this.#was.has(id)));
    this.#was = now;
    for (const one of this.#parts.follows.all()) {
      const file = fileOf(Uri.parse(one.mount, true));
      if (file !== undefined && back.has(file.connection)) void this.#catchUp(one);
    }
  }

  async #catchUp(one: Follow): Promise<void> {
    const content = await contentOf(one).catch(() => undefined);
    if (content === undefined) return this.#end(one, 'its file cannot be read');
    if (digestOf(content) === one.sent) return;
    const says = `${pathOf(one)} was saved while it was not followed; ${this.#nameOf(one)} has an earlier content.`;
    await this.#parts.notify.warn(says, [
      { label: 'Send it now', run: () => this.send(one) },
      { label: 'Stop following', run: () => this.#parts.follows.end(one.mount) },
    ]);
  }

  async #sendNow(mount: string): Promise<void> {
    const { follows, checks, notify, onSaved } = this.#parts;
    const one = follows.by(mount);
    const uri = Uri.parse(mount, true);
    const file = fileOf(uri);
    if (one === undefined || file === undefined) return;
    try {
      const content = await contentOf(one);
      if (content === undefined) return await this.#end(one, 'its file is gone');
      await checks.check(uri, content, Uri.parse(one.file, true));
      this.#unfinished.delete(mount);
      const arrival = await this.#over(one, file, content);
      if (arrival !== undefined) onSaved(uri, arrival);
    } catch (error) {
      if (error instanceof NotSaved && error.kind === 'unfinished') {
        if (!this.#unfinished.has(mount)) void notify.warn(describeError(error));
        return void this.#unfinished.add(mount);
      }
      if (!isAway(error)) return void notify.problem(error);
      const says = `${describeError(error)} ${pathOf(one)} is offered again for ${this.#nameOf(one)} when the server answers.`;
      void notify.warn(says);
    }
  }

  /** Sends over what came from the file before. Of anything else a person decides. */
  async #over(one: Follow, file: ConfigFile, content: Uint8Array): Promise<Arrival | undefined> {
    const { store, follows } = this.#parts;
    const there = await store.present(file);
    if (there === undefined) {
      await this.#end(one, 'the config mount is gone');
      return undefined;
    }
    const [wanted, present] = [digestOf(content), digestOf(there.bytes)];
    if (present !== wanted && present !== one.sent) {
      void this.#collide(one, file, present);
      return undefined;
    }
    const arrival = present === wanted ? undefined : await store.send(file, content, there.version);
    await follows.set({ ...one, sent: wanted });
    return arrival;
  }

  async #collide(one: Follow, { name }: ConfigFile, present: string): Promise<void> {
    const { follows, notify } = this.#parts;
    const says = `${this.#nameOf(one)} was changed elsewhere, and ${pathOf(one)} was saved. Nothing was overwritten.`;
    const uris = [Uri.parse(one.mount, true), Uri.parse(one.file, true)] as const;
    await notify.warn(says, [
      {
        label: 'Compare',
        run: () => commands.executeCommand('vscode.diff', ...uris, `${name}: now ↔ ${pathOf(one)}`),
      },
      {
        label: 'Overwrite',
        run: async () => {
          await follows.set({ ...one, sent: present });
          await this.send(one);
        },
      },
      { label: 'Stop following', run: () => follows.end(one.mount) },
    ]);
  }

  /** It cannot go on, and that is said. */
  async #end(one: Follow, why: string): Promise<void> {
    const { follows, notify } = this.#parts;
    this.#unfinished.delete(one.mount);
    await follows.end(one.mount);
    void notify.warn(`${this.#nameOf(one)} does not follow ${pathOf(one)} any more: ${why}.`);
  }

  /** "app.yaml of web shop". */
  #nameOf({ mount }: Follow): string {
    const file = fileOf(Uri.parse(mount, true));
    return file === undefined ? mount : `${file.name} of ${this.#parts.servers.nameOf(file)}`;
  }
}

/** How a person finds a followed file in the workspace. */
export function pathOf({ file }: Pick<Follow, 'file'>): string {
  return workspace.asRelativePath(Uri.parse(file, true));
}

/** What tells contents apart: lower-case hexadecimal SHA-256. */
export function digestOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Undefined where the file is not there. */
async function contentOf({ file }: Follow): Promise<Uint8Array | undefined> {
  try {
    return await workspace.fs.readFile(Uri.parse(file, true));
  } catch (error) {
    if (error instanceof FileSystemError && error.code === 'FileNotFound') return undefined;
    throw error;
  }
}
