import {
  EventEmitter,
  FileChangeType,
  FilePermission,
  FileSystemError,
  FileType,
  Uri,
  window,
  workspace,
  TabInputCustom,
  TabInputText,
  TabInputTextDiff,
  type FileChangeEvent,
  type FileStat,
  type FileSystemProvider,
} from 'vscode';
import { DisposableStore, disposable, type Disposable } from '../../base/disposable.ts';
import type { Arrival } from '../../deploy/configMounts.ts';
import {
  configScheme,
  fileAddress,
  parseConfigAddress,
  type ConfigFile,
  type ConfigPlace,
} from './configAddress.ts';
import { NotSaved, type ConfigStore, type Difference } from './configStore.ts';
import type { KnownMounts } from './knownMounts.ts';
import { onClosed } from './onClosed.ts';
import { isAway } from './servers.ts';

export interface ConfigFileSystemParts {
  readonly store: ConfigStore;
  readonly known: KnownMounts;
  /** Whether a content may be sent; a person may have to be asked. @throws NotSaved when not. */
  readonly check: (uri: Uri, content: Uint8Array) => Promise<void>;
  readonly onSaved: (uri: Uri, arrival: Arrival) => void;
  readonly onRenamed: (from: Uri, to: Uri) => void;
  readonly onGone: (uri: Uri) => void;
  /** A save was kept, because nobody could take it. */
  readonly onAway: () => void;
  /** Told what could not be looked at again. */
  readonly debug: (error: unknown) => void;
}

/** The address of a config mount in the editor. */
export function uriOf(file: ConfigFile): Uri {
  return Uri.from(fileAddress(file));
}

/** The config mount of an address; undefined for others and for folders. */
export function fileOf(uri: Uri): ConfigFile | undefined {
  const parsed = parseConfigAddress(uri);
  const name = parsed?.name;
  return parsed === undefined || name === undefined ? undefined : { ...parsed, name };
}

const kinds = {
  changed: FileChangeType.Changed,
  created: FileChangeType.Created,
  deleted: FileChangeType.Deleted,
} as const satisfies Record<Difference['kind'], FileChangeType>;

/** Config mounts as the editor's own files. Changes made elsewhere are told for what is open. */
export class ConfigFileSystem implements FileSystemProvider, Disposable {
  readonly #parts: ConfigFileSystemParts;
  readonly #held = new DisposableStore();
  readonly #changed: EventEmitter<FileChangeEvent[]>;
  readonly onDidChangeFile;

  constructor(parts: ConfigFileSystemParts) {
    this.#parts = parts;
    this.#changed = this.#held.add(new EventEmitter<FileChangeEvent[]>());
    this.onDidChangeFile = this.#changed.event;
    this.#held.add(workspace.registerFileSystemProvider(configScheme, this, { isCaseSensitive: true }));
    const { known } = parts;
    this.#held.add(
      workspace.onWillSaveTextDocument(({ document: { uri } }) => {
        if (uri.scheme === configScheme) known.begin(uri.toString());
      }),
    );
    this.#held.add(
      workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.scheme === configScheme && !document.isDirty)
          known.settle(document.uri.toString(), document.getText());
      }),
    );
    this.#held.add(
      onClosed(({ uri }) => {
        if (uri.scheme === configScheme) known.forget(uri.toString());
      }),
    );
  }

  /** Everything is looked at when it may have changed, so there is nothing to begin. */
  watch(): Disposable {
    return disposable(() => undefined);
  }

  async stat(uri: Uri): Promise<FileStat> {
    const file = fileOf(uri);
    if (file === undefined) {
      if (parseConfigAddress(uri) === undefined) throw FileSystemError.FileNotFound(uri);
      return { type: FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    }
    const found = await translated(() => this.#parts.store.stat(file));
    if (found === undefined) throw FileSystemError.FileNotFound(uri);
    const { mtime, size, past } = found;
    const permissions = past ? { permissions: FilePermission.Readonly } : {};
    return { type: FileType.File, ctime: 0, mtime, size, ...permissions };
  }

  async readDirectory(uri: Uri): Promise<[string, FileType][]> {
    const place = parseConfigAddress(uri);
    if (place === undefined || place.name !== undefined) throw FileSystemError.FileNotADirectory(uri);
    const mounts = await translated(() => this.#parts.store.list(place));
    return mounts.map(({ name }) => [name, FileType.File]);
  }

  createDirectory(uri: Uri): never {
    throw FileSystemError.NoPermissions(`Config mounts have no folders: ${uri.path} cannot be made.`);
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    const file = this.#fileAt(uri);
    const bytes = await translated(() => this.#parts.store.read(file, isDirty(uri)));
    if (bytes === undefined) throw FileSystemError.FileNotFound(uri);
    return bytes;
  }

  async writeFile(
    uri: Uri,
    content: Uint8Array,
    { create, overwrite }: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    const file = this.#fileAt(uri);
    if (file.version !== undefined)
      throw FileSystemError.NoPermissions('An earlier version cannot be changed. Restore it instead.');
    const { store, known } = this.#parts;
    if (!create && known.latest(uri.toString()) === null) throw FileSystemError.FileNotFound(uri);
    const arrival = await translated(async () => {
      await this.#parts.check(uri, content);
      try {
        return await store.write(file, content, create && !overwrite);
      } catch (error) {
        if (error instanceof NotSaved && error.kind === 'away') this.#parts.onAway();
        throw error;
      }
    });
    this.#saved(uri, arrival);
  }

  async delete(uri: Uri): Promise<void> {
    const file = this.#fileAt(uri);
    const arrival = await translated(() => this.#parts.store.remove(file));
    this.#changed.fire([{ type: FileChangeType.Deleted, uri }]);
    this.#parts.onGone(uri);
    this.#parts.onSaved(uri, arrival);
  }

  async rename(from: Uri, to: Uri, { overwrite }: { readonly overwrite: boolean }): Promise<void> {
    const [file, wanted] = [this.#fileAt(from), this.#fileAt(to)];
    if (from.authority !== to.authority)
      throw FileSystemError.NoPermissions(
        'A config mount stays with its deployment: save it as a new one there.',
      );
    const arrival = await translated(() => this.#parts.store.rename(file, wanted.name, overwrite));
    this.#changed.fire([
      { type: FileChangeType.Deleted, uri: from },
      { type: FileChangeType.Created, uri: to },
    ]);
    this.#parts.onRenamed(from, to);
    this.#parts.onSaved(to, arrival);
  }

  /** It was changed from here, past the editor. */
  told(uri: Uri, kind: Difference['kind'], arrival: Arrival): void {
    this.#changed.fire([{ type: kinds[kind], uri }]);
    this.#parts.onSaved(uri, arrival);
  }

  /** Connections that somebody has a config mount of open. What was closed stays a document for some minutes. */
  openOn(): ReadonlySet<string> {
    return new Set(tabUris().flatMap((uri) => parseConfigAddress(uri)?.connection ?? []));
  }

  /** Looks again at what is open: of one deployment, or of all. */
  async renew(deploymentId?: string): Promise<void> {
    const open = openUris().flatMap((uri) => fileOf(uri) ?? []);
    const places = Map.groupBy(
      open.filter((file) => file.version === undefined),
      (file) => uriOf({ ...file, name: '' }).authority,
    );
    for (const files of places.values()) {
      const [place] = files;
      if (place === undefined) continue;
      if (deploymentId !== undefined && place.deploymentId !== deploymentId) continue;
      await this.#renewIn(place, new Set(files.map(({ name }) => name)));
    }
  }

  dispose(): void {
    this.#held.dispose();
  }

  async #renewIn(place: ConfigPlace, names: ReadonlySet<string>): Promise<void> {
    try {
      const differences = await this.#parts.store.renew(place, Array.from(names));
      if (differences.length === 0) return;
      this.#changed.fire(
        differences.map(({ key, kind }) => ({ type: kinds[kind], uri: Uri.parse(key, true) })),
      );
    } catch (error) {
      this.#parts.debug(error);
    }
  }

  #saved(uri: Uri, arrival: Arrival): void {
    this.#changed.fire([{ type: FileChangeType.Changed, uri }]);
    this.#parts.onSaved(uri, arrival);
  }

  #fileAt(uri: Uri): ConfigFile {
    const file = fileOf(uri);
    if (file === undefined) throw FileSystemError.FileIsADirectory(uri);
    return file;
  }
}

function isDirty(uri: Uri): boolean {
  const key = uri.toString();
  return workspace.textDocuments.some((one) => one.isDirty && one.uri.toString() === key);
}

/** Addresses of ours that the editor has a document of, or that are open in whatever editor. */
function openUris(): readonly Uri[] {
  const documents = workspace.textDocuments.map(({ uri }) => uri).filter(isOurs);
  const all = [...documents, ...tabUris()];
  return Array.from(new Map(all.map((uri) => [uri.toString(), uri])).values());
}

/** Addresses of ours that are open in whatever editor. */
function tabUris(): readonly Uri[] {
  const tabs = window.tabGroups.all.flatMap((group) =>
    group.tabs.flatMap(({ input }) => {
      if (input instanceof TabInputText || input instanceof TabInputCustom) return [input.uri];
      return input instanceof TabInputTextDiff ? [input.original, input.modified] : [];
    }),
  );
  return tabs.filter(isOurs);
}

function isOurs({ scheme }: Uri): boolean {
  return scheme === configScheme;
}

/** Errors as the editor has them. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FileSystemError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (isAway(error) || (error instanceof NotSaved && error.kind === 'away'))
      throw FileSystemError.Unavailable(message);
    throw new FileSystemError(message);
  }
}
