import type { DatabaseSync } from 'node:sqlite';
import type { RepositoryRow } from '../domain.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, optionalNumber, text, type Row } from './row.ts';

/** A tag as the registry was last seen to have it. */
export interface SeenTag {
  readonly tag: string;
  readonly digest: string;
  /** Bytes; absent until it was asked for. */
  readonly size: number | undefined;
  readonly changedAt: number;
}

/** Repositories and what was last seen of their tags. Callers hold the transaction. */
export class Repositories {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(id: string): RepositoryRow | undefined {
    const row = this.#database.prepare('SELECT * FROM repository WHERE id = ?').get(id);
    return row === undefined ? undefined : repositoryOf(row);
  }

  byName(workspaceId: string, name: string): RepositoryRow | undefined {
    const row = this.#database
      .prepare('SELECT * FROM repository WHERE workspace_id = ? AND name = ?')
      .get(workspaceId, name);
    return row === undefined ? undefined : repositoryOf(row);
  }

  all(): readonly RepositoryRow[] {
    return this.#database.prepare('SELECT * FROM repository ORDER BY rowid').all().map(repositoryOf);
  }

  /** Newest first. */
  list(workspaceId: string, wanted: PageWanted): Page<RepositoryRow> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM repository WHERE workspace_id = ? ORDER BY rowid DESC LIMIT ? OFFSET ?')
      .all(workspaceId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM repository WHERE workspace_id = ?')
      .get(workspaceId);
    return { rows: rows.map(repositoryOf), total: counted(total) };
  }

  insert(repository: RepositoryRow): void {
    this.#database
      .prepare(
        'INSERT INTO repository (id, workspace_id, name, created_at, updated_at) VALUES (?, ?, ?, ?, ?)',
      )
      .run(
        repository.id,
        repository.workspaceId,
        repository.name,
        repository.createdAt,
        repository.updatedAt,
      );
  }

  /** What it has was pushed to a state that is lost: the first look at it only notes that. */
  markAdopted(id: string): void {
    this.#database.prepare('INSERT INTO adopted_repository (id) VALUES (?)').run(id);
  }

  isAdopted(id: string): boolean {
    return this.#database.prepare('SELECT 1 FROM adopted_repository WHERE id = ?').get(id) !== undefined;
  }

  unmarkAdopted(id: string): void {
    this.#database.prepare('DELETE FROM adopted_repository WHERE id = ?').run(id);
  }

  delete(id: string): boolean {
    return this.#database.prepare('DELETE FROM repository WHERE id = ?').run(id).changes === 1;
  }

  seenTags(repositoryId: string): readonly SeenTag[] {
    return this.#database
      .prepare('SELECT name, digest, size, changed_at FROM tag WHERE repository_id = ? ORDER BY name')
      .all(repositoryId)
      .map(tagOf);
  }

  /** Notes what a tag points to now. True when that is news. */
  see(repositoryId: string, tag: string, digest: string, at: number): boolean {
    const { changes } = this.#database
      .prepare(
        `INSERT INTO tag (repository_id, name, digest, changed_at) VALUES (:repository, :tag, :digest, :at)
         ON CONFLICT DO UPDATE SET digest = :digest, size = NULL, changed_at = :at WHERE digest <> :digest`,
      )
      .run({ repository: repositoryId, tag, digest, at });
    if (changes === 0) return false;
    this.#database.prepare('UPDATE repository SET updated_at = ? WHERE id = ?').run(at, repositoryId);
    return true;
  }

  /** Notes how large an image is, in bytes as the registry keeps them. */
  weigh(repositoryId: string, digest: string, size: number): void {
    this.#database
      .prepare('UPDATE tag SET size = ? WHERE repository_id = ? AND digest = ?')
      .run(size, repositoryId, digest);
    this.noteSize(digest, size);
  }

  /** Notes how large an image of whatever registry is, for the history of deployments. */
  noteSize(digest: string, size: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO image_size (digest, size) VALUES (?, ?)')
      .run(digest, size);
  }

  /** What a tag was last seen to point to. */
  seenTag(repositoryId: string, tag: string): SeenTag | undefined {
    const row = this.#database
      .prepare('SELECT name, digest, size, changed_at FROM tag WHERE repository_id = ? AND name = ?')
      .get(repositoryId, tag);
    return row === undefined ? undefined : tagOf(row);
  }

  /** A tag that the registry has not any more. */
  unsee(repositoryId: string, tag: string): void {
    this.#database.prepare('DELETE FROM tag WHERE repository_id = ? AND name = ?').run(repositoryId, tag);
  }
}

function tagOf(row: Row): SeenTag {
  return {
    tag: text(row, 'name'),
    digest: text(row, 'digest'),
    size: optionalNumber(row, 'size'),
    changedAt: number(row, 'changed_at'),
  };
}

function repositoryOf(row: Row): RepositoryRow {
  return {
    id: text(row, 'id'),
    workspaceId: text(row, 'workspace_id'),
    name: text(row, 'name'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
  };
}
