import type { DatabaseSync } from 'node:sqlite';
import { counted, number, text } from './row.ts';

/** A blob that a manifest needs, and its bytes. The manifest itself is one of them. */
export interface Content {
  readonly digest: string;
  readonly size: number;
}

/** A manifest of a repository, addressed by the repository's path. */
export interface ManifestAt {
  readonly path: string;
  readonly digest: string;
}

/** What the registry keeps, as far as it is known. Callers hold the transaction. */
export class Contents {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Notes what a manifest needs. It is there (again): it counts as collected no more. */
  put({ path, digest }: ManifestAt, needs: readonly Content[]): void {
    const insert = this.#database.prepare(
      'INSERT OR IGNORE INTO content (path, manifest, blob, size) VALUES (?, ?, ?, ?)',
    );
    for (const blob of needs) insert.run(path, digest, blob.digest, blob.size);
    this.#database.prepare('DELETE FROM collected WHERE path = ? AND manifest = ?').run(path, digest);
  }

  /** Digests of all that a manifest needs, itself among them; undefined when it is not known. */
  needs({ path, digest }: ManifestAt): readonly string[] | undefined {
    const rows = this.#database
      .prepare('SELECT blob FROM content WHERE path = ? AND manifest = ?')
      .all(path, digest);
    return rows.length === 0 ? undefined : rows.map((row) => text(row, 'blob'));
  }

  manifests(): readonly ManifestAt[] {
    return this.#database
      .prepare('SELECT DISTINCT path, manifest FROM content')
      .all()
      .map((row) => ({ path: text(row, 'path'), digest: text(row, 'manifest') }));
  }

  /** The registry has it not any more. */
  forget({ path, digest }: ManifestAt): void {
    this.#database.prepare('DELETE FROM content WHERE path = ? AND manifest = ?').run(path, digest);
    this.#database.prepare('DELETE FROM unneeded WHERE path = ? AND manifest = ?').run(path, digest);
  }

  /** It is about to be removed: from here on nobody goes back to it. */
  markCollected({ path, digest }: ManifestAt, at: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO collected (path, manifest, collected_at) VALUES (?, ?, ?)')
      .run(path, digest, at);
  }

  wasCollected({ path, digest }: ManifestAt): boolean {
    const row = this.#database
      .prepare('SELECT 1 FROM collected WHERE path = ? AND manifest = ?')
      .get(path, digest);
    return row !== undefined;
  }

  /** Since when nobody needs a manifest, noted the first time that it is asked. */
  unneededSince({ path, digest }: ManifestAt, now: number): number {
    this.#database
      .prepare('INSERT OR IGNORE INTO unneeded (path, manifest, since) VALUES (?, ?, ?)')
      .run(path, digest, now);
    const row = this.#database
      .prepare('SELECT since FROM unneeded WHERE path = ? AND manifest = ?')
      .get(path, digest);
    return row === undefined ? now : number(row, 'since');
  }

  /** Somebody needs it (again). */
  isNeeded({ path, digest }: ManifestAt): void {
    this.#database.prepare('DELETE FROM unneeded WHERE path = ? AND manifest = ?').run(path, digest);
  }

  /** Bytes on the disk of one repository; what its images share counts once. */
  size(path: string): number {
    const row = this.#database
      .prepare(
        'SELECT coalesce(sum(size), 0) AS n FROM (SELECT DISTINCT blob, size FROM content WHERE path = ?)',
      )
      .get(path);
    return counted(row);
  }

  /** Bytes on the disk of the whole registry; what repositories share counts once. */
  usedBytes(): number {
    const row = this.#database
      .prepare('SELECT coalesce(sum(size), 0) AS n FROM (SELECT DISTINCT blob, size FROM content)')
      .get();
    return counted(row);
  }
}
