import type {
  Arrival,
  ConfigMounts,
  Mount,
  MountChange,
  MountContent,
  PastVersion,
} from '../../deploy/configMounts.ts';
import { isProblem } from '../../protocol/problems.ts';
import { keptVersion, type ConfigFile, type ConfigPlace } from './configAddress.ts';
import { nameTrouble, sizeTrouble } from './configWords.ts';
import type { KeptSaves } from './keptSaves.ts';
import type { FileFacts, KnownMounts } from './knownMounts.ts';
import { isAway, type ConfigServers } from './servers.ts';

export interface ConfigStoreParts {
  readonly servers: Pick<ConfigServers, 'mounts' | 'nameOf'>;
  readonly known: KnownMounts;
  readonly kept: KeptSaves;
  /** The address of a config mount as text: what it goes by everywhere. */
  readonly keyOf: (file: ConfigFile) => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * `refused`: it may not; `unfinished`: it has an error, and nobody was asked; `moved`: something newer is there;
 * `away`: nobody took it, and it is kept where the message says so.
 */
export type NotSavedKind = 'refused' | 'unfinished' | 'moved' | 'away';

/** Why a save did not arrive, for people. */
export class NotSaved extends Error {
  override readonly name = 'NotSaved';
  readonly kind: NotSavedKind;

  constructor(kind: NotSavedKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export interface Stat extends FileFacts {
  /** An earlier version, or a save that was kept: to compare with. */
  readonly past: boolean;
}

/** How a file of a place differs from what was known of it. */
export interface Difference {
  readonly key: string;
  readonly kind: 'changed' | 'deleted' | 'created';
}

/** Config mounts as files: what they are to an editor, and what becomes of a save. Knows no editor. */
export class ConfigStore {
  readonly #parts: ConfigStoreParts;
  /** Addresses of files that are written here and were not saved yet. Nobody else knows of them. */
  readonly #fresh = new Set<string>();

  constructor(parts: ConfigStoreParts) {
    this.#parts = parts;
  }

  /** A file that is there for this window alone, empty, until it is saved for the first time. */
  begin(file: ConfigFile): void {
    this.#fresh.add(this.#parts.keyOf(file));
  }

  async list(place: ConfigPlace): Promise<readonly Mount[]> {
    const mounts = await (await this.#mounts(place)).list();
    for (const mount of mounts) this.#see(place, mount);
    return mounts;
  }

  /** Undefined where there is no such file. */
  async stat(file: ConfigFile): Promise<Stat | undefined> {
    if (file.version !== undefined) {
      const bytes = await this.#past(file, file.version);
      return bytes === undefined ? undefined : { mtime: 0, size: bytes.length, past: true };
    }
    const found = (await (await this.#mounts(file)).list()).find(({ name }) => name === file.name);
    if (found !== undefined) return { ...this.#see(file, found), past: false };
    const key = this.#parts.keyOf(file);
    this.#parts.known.miss(key);
    return this.#fresh.has(key) ? { mtime: 0, size: 0, past: false } : undefined;
  }

  /** `beside`: while a document of it has changes that are not saved. Undefined where there is no such file. */
  async read(file: ConfigFile, beside: boolean): Promise<Uint8Array | undefined> {
    if (file.version !== undefined) return this.#past(file, file.version);
    const { known, keyOf, now } = this.#parts;
    const found = await this.present(file);
    if (found === undefined) return this.#fresh.has(keyOf(file)) ? new Uint8Array() : undefined;
    if (beside) known.readBeside(keyOf(file), found, now());
    else known.read(keyOf(file), found, now());
    return found.bytes;
  }

  /** What there is now, without becoming what a document is made of. Undefined where there is no such file. */
  present(file: ConfigFile): Promise<MountContent | undefined> {
    return orAbsent(this.#mounts(file).then((mounts) => mounts.read(file.name)));
  }

  /** Saves over the version that was known when the save began. @throws NotSaved */
  async write(file: ConfigFile, content: Uint8Array, fresh: boolean): Promise<Arrival> {
    const trouble = nameTrouble(file.name) ?? sizeTrouble(file.name, content.length);
    if (trouble !== undefined) throw new NotSaved('refused', trouble);
    const { known, keyOf } = this.#parts;
    const key = keyOf(file);
    // Of what nothing is known, nothing is overwritten.
    const ifVersion = fresh ? null : (known.expected(key) ?? null);
    return this.send(file, content, ifVersion);
  }

  /**
   * Saves over a version; null: where there is none; undefined: over whatever is there, which a person has seen.
   * @throws NotSaved
   */
  async send(file: ConfigFile, content: Uint8Array, ifVersion: string | null | undefined): Promise<Arrival> {
    const { known, keyOf, kept, now } = this.#parts;
    const key = keyOf(file);
    const guard = ifVersion === undefined ? {} : { ifVersion };
    try {
      const mounts = await this.#mounts(file);
      const { arrival, mounts: after } = await mounts.change([{ name: file.name, content, ...guard }]);
      const mount = after.find(({ name }) => name === file.name);
      if (mount !== undefined) known.read(key, mount, now());
      this.#fresh.delete(key);
      await kept.drop(key);
      return arrival;
    } catch (error) {
      if (isAway(error)) throw await this.#keepFor(file, content, ifVersion, error);
      throw await this.#notSaved(file, error);
    }
  }

  /** Several at once, together or not at all, each over the version that was listed. @throws NotSaved */
  async sendAll(place: ConfigPlace, changes: readonly MountChange[]): Promise<Arrival> {
    try {
      const { arrival, mounts } = await (await this.#mounts(place)).change(changes);
      for (const mount of mounts) this.#see(place, mount);
      return arrival;
    } catch (error) {
      if (isAway(error)) throw error;
      const moved = isProblem(error, 'configMountConflict') || isProblem(error, 'revisionConflict');
      throw new NotSaved(moved ? 'moved' : 'refused', sentence(error), { cause: error });
    }
  }

  /** Versions of a config mount, newest first; undefined where the server keeps none. */
  async history(file: ConfigFile): Promise<readonly PastVersion[] | undefined> {
    return (await this.#mounts(file)).history(file.name);
  }

  /** What was kept, sent again: over the version that it was made from. @throws NotSaved */
  async sendKept(file: ConfigFile): Promise<Arrival | undefined> {
    const { kept, keyOf } = this.#parts;
    const save = await kept.of(keyOf(file));
    if (save === undefined) return undefined;
    // It may have arrived before the connection broke.
    const there = await this.present(file);
    if (there !== undefined && Buffer.from(there.bytes).equals(save.content)) {
      await kept.drop(save.key);
      return undefined;
    }
    return this.send(file, save.content, save.base ?? null);
  }

  /** @throws as the client does */
  async rename(file: ConfigFile, to: string, overwrite: boolean): Promise<Arrival> {
    const trouble = nameTrouble(to);
    if (trouble !== undefined) throw new NotSaved('refused', trouble);
    const { known, keyOf } = this.#parts;
    const guard = overwrite ? {} : { ifVersion: null };
    const { arrival, mounts } = await (
      await this.#mounts(file)
    ).change([{ name: to, from: file.name, ...guard }]);
    known.forget(keyOf(file));
    const mount = mounts.find(({ name }) => name === to);
    if (mount !== undefined) known.read(keyOf({ ...file, name: to }), mount, this.#parts.now());
    return arrival;
  }

  /** @throws as the client does */
  async remove(file: ConfigFile): Promise<Arrival> {
    const { arrival } = await (await this.#mounts(file)).change([{ name: file.name, content: undefined }]);
    this.#parts.known.miss(this.#parts.keyOf(file));
    return arrival;
  }

  /** Looks again at files of one place that somebody has open, and tells how they differ from what was known. */
  async renew(place: ConfigPlace, names: readonly string[]): Promise<readonly Difference[]> {
    const { known, keyOf } = this.#parts;
    const mounts = new Map((await (await this.#mounts(place)).list()).map((one) => [one.name, one]));
    return names.flatMap((name): Difference[] => {
      const key = keyOf({ ...place, name });
      const before = known.latest(key);
      const mount = mounts.get(name);
      if (mount === undefined) return known.miss(key) ? [{ key, kind: 'deleted' }] : [];
      const { changed } = this.#see(place, mount);
      if (!changed) return [];
      return [{ key, kind: before === null ? 'created' : 'changed' }];
    });
  }

  #mounts(place: ConfigPlace): Promise<ConfigMounts> {
    const { connection, workspaceId, deploymentId } = place;
    return this.#parts.servers.mounts({ connection, workspaceId, deploymentId });
  }

  #see(place: ConfigPlace, mount: Mount) {
    const { known, keyOf, now } = this.#parts;
    const { connection, workspaceId, deploymentId } = place;
    return known.see(keyOf({ connection, workspaceId, deploymentId, name: mount.name }), mount, now());
  }

  async #past(file: ConfigFile, version: string): Promise<Uint8Array | undefined> {
    if (version !== keptVersion)
      return orAbsent(this.#mounts(file).then((mounts) => mounts.readPast(file.name, version)));
    const { version: _, ...present } = file;
    return (await this.#parts.kept.of(this.#parts.keyOf(present)))?.content;
  }

  async #keepFor(
    file: ConfigFile,
    content: Uint8Array,
    base: string | null | undefined,
    cause: unknown,
  ): Promise<NotSaved> {
    const { kept, keyOf, now } = this.#parts;
    const guard = base === undefined ? {} : { base };
    const outcome = await kept.keep({ key: keyOf(file), at: now(), content, ...guard });
    const then = {
      kept: 'What you saved is kept, and is offered again when the server answers.',
      full: 'What you saved stays in the editor: too many other saves are kept already. Save again when the server answers.',
    };
    return new NotSaved('away', `${sentence(cause)} ${then[outcome]}`, { cause });
  }

  async #notSaved(file: ConfigFile, error: unknown): Promise<NotSaved> {
    const moved = isProblem(error, 'configMountConflict') || isProblem(error, 'revisionConflict');
    if (!moved) return new NotSaved('refused', sentence(error), { cause: error });
    // So that the editor sees at the next try what there is now.
    await this.stat(file).catch(() => undefined);
    const says = `${file.name} of ${this.#parts.servers.nameOf(file)} was changed elsewhere while it was saved. Save again to compare, overwrite or revert.`;
    return new NotSaved('moved', says, { cause: error });
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isProblem(error, 'resourceDoesNotExist')) return undefined;
    throw error;
  }
}
