import type { Mount, MountVersion } from '../../deploy/configMounts.ts';

/** What a file is to the editor: it takes a save for one over a newer content when both differ from what it loaded. */
export interface FileFacts {
  /** Grows with every change, in milliseconds since the epoch. */
  readonly mtime: number;
  /** In bytes. */
  readonly size: number;
}

/** A content that this window knows, as far as it outlives the window. */
export interface KnownMount extends FileFacts {
  readonly version: MountVersion;
}

export type SeenMount = Pick<Mount, 'version' | 'size' | 'changedAt'>;

interface Entry {
  /** As it was last seen; null: it was not there. */
  latest?: KnownMount | null;
  /** As it was last read beside a document with unsaved changes. */
  beside?: { readonly known: KnownMount; readonly bytes: Uint8Array };
  /** What the open document was made of. */
  base?: KnownMount;
  /** What a save that has begun goes over. */
  saving?: MountVersion | null;
}

/**
 * What a window knows of config mounts, by the text of their addresses. Invariants:
 * - a save goes over the version that was known when it began, never over one that arrived on the way;
 * - the time of a file grows with each version, whatever the server's clock does;
 * - while the document is made of an older version the file never looks as large as that one, for the editor holds a
 *   content of the same size for the same;
 * - reading beside a document that has unsaved changes, to compare with it, does not make it newer.
 */
export class KnownMounts {
  readonly #entries = new Map<string, Entry>();
  readonly #keep: (key: string, base: KnownMount | undefined) => void;

  /** `kept`: what documents of an earlier window were made of; `keep` is told what they are made of now. */
  constructor(
    kept: Readonly<Record<string, KnownMount>> = {},
    keep: (key: string, base: KnownMount | undefined) => void = () => undefined,
  ) {
    for (const [key, base] of Object.entries(kept)) this.#entries.set(key, { base, latest: base });
    this.#keep = keep;
  }

  /** It is so now. What to tell the editor, and whether it differs from what was last seen. */
  see(key: string, mount: SeenMount, now: number): FileFacts & { changed: boolean } {
    const entry = this.#entry(key);
    const before = entry.latest ?? undefined;
    const known = before?.version === mount.version ? before : newer(before ?? entry.base, mount, now);
    const changed = entry.latest !== undefined && entry.latest?.version !== mount.version;
    entry.latest = known;
    const { base } = entry;
    const looksTheSame = base !== undefined && base.version !== known.version && base.size === known.size;
    return { mtime: known.mtime, size: known.size + (looksTheSame ? 1 : 0), changed };
  }

  /** It is not there. Tells whether it was. */
  miss(key: string): boolean {
    const entry = this.#entry(key);
    const was = entry.latest !== undefined && entry.latest !== null;
    entry.latest = null;
    return was;
  }

  /** Its content was handed out or came from here: it is what a document is made of that has no unsaved changes. */
  read(key: string, mount: SeenMount, now: number): void {
    this.see(key, mount, now);
    const entry = this.#entry(key);
    delete entry.beside;
    this.#settle(key, entry.latest ?? undefined);
  }

  /** Its content was handed out while the document has changes that are not saved: perhaps to compare with it. */
  readBeside(key: string, mount: SeenMount & { readonly bytes: Uint8Array }, now: number): void {
    this.see(key, mount, now);
    const entry = this.#entry(key);
    if (entry.latest !== undefined && entry.latest !== null)
      entry.beside = { known: entry.latest, bytes: mount.bytes };
  }

  /** The document has no unsaved changes any more. It is what was read beside it if that was taken over. */
  settle(key: string, text: string): void {
    const entry = this.#entry(key);
    const { beside } = entry;
    if (beside === undefined || !Buffer.from(text).equals(beside.bytes)) return;
    delete entry.beside;
    this.#settle(key, beside.known);
  }

  #settle(key: string, known: KnownMount | undefined): void {
    const entry = this.#entry(key);
    if (known === undefined || known.version === entry.base?.version) return;
    entry.base = known;
    this.#keep(key, known);
  }

  /** A save of the document begins. */
  begin(key: string): void {
    const entry = this.#entry(key);
    if (entry.latest === undefined) delete entry.saving;
    else entry.saving = entry.latest?.version ?? null;
  }

  /** What a write goes over; undefined while nothing is known of the file. Answers once for each `begin`. */
  expected(key: string): MountVersion | null | undefined {
    const entry = this.#entry(key);
    const { saving, latest } = entry;
    delete entry.saving;
    if (saving !== undefined) return saving;
    return latest === undefined ? undefined : (latest?.version ?? null);
  }

  /** As it was last seen: null where it was not there, undefined where nobody looked. */
  latest(key: string): MountVersion | null | undefined {
    const latest = this.#entries.get(key)?.latest;
    return latest === undefined ? undefined : (latest?.version ?? null);
  }

  /** The version that the document was made of. */
  base(key: string): MountVersion | undefined {
    return this.#entries.get(key)?.base?.version;
  }

  /** Its document is closed, or it has another name now. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#keep(key, undefined);
  }

  #entry(key: string): Entry {
    const entry = this.#entries.get(key) ?? {};
    this.#entries.set(key, entry);
    return entry;
  }
}

function newer(
  before: KnownMount | undefined,
  { version, size, changedAt }: SeenMount,
  now: number,
): KnownMount {
  if (before?.version === version) return before;
  return { version, size, mtime: Math.max(changedAt ?? now, (before?.mtime ?? 0) + 1) };
}
