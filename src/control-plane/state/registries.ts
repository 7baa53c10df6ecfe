import type { DatabaseSync } from 'node:sqlite';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, text, type Row } from './row.ts';

/** Credentials of a workspace for another registry. */
export interface RegistryRow {
  readonly id: string;
  readonly workspaceId: string;
  /** Host, and port where there is one; `docker.io` for Docker Hub. */
  readonly registry: string;
  readonly username: string;
  /** The password, sealed. */
  readonly sealed: string;
  readonly updatedAt: number;
}

/** Credentials for other registries, one of each per workspace. Callers hold the transaction. */
export class Registries {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(id: string): RegistryRow | undefined {
    const row = this.#database.prepare('SELECT * FROM registry_credentials WHERE id = ?').get(id);
    return row === undefined ? undefined : registryOf(row);
  }

  byHost(workspaceId: string, registry: string): RegistryRow | undefined {
    const row = this.#database
      .prepare('SELECT * FROM registry_credentials WHERE workspace_id = ? AND registry = ?')
      .get(workspaceId, registry);
    return row === undefined ? undefined : registryOf(row);
  }

  all(): readonly RegistryRow[] {
    return this.#database.prepare('SELECT * FROM registry_credentials ORDER BY rowid').all().map(registryOf);
  }

  /** Newest first. */
  list(workspaceId: string, wanted: PageWanted): Page<RegistryRow> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare(
        'SELECT * FROM registry_credentials WHERE workspace_id = ? ORDER BY rowid DESC LIMIT ? OFFSET ?',
      )
      .all(workspaceId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM registry_credentials WHERE workspace_id = ?')
      .get(workspaceId);
    return { rows: rows.map(registryOf), total: counted(total) };
  }

  put({ id, workspaceId, registry, username, sealed, updatedAt }: RegistryRow): void {
    this.#database
      .prepare(
        `INSERT INTO registry_credentials (id, workspace_id, registry, username, sealed, updated_at)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET username = excluded.username, sealed = excluded.sealed,
           updated_at = excluded.updated_at`,
      )
      .run(id, workspaceId, registry, username, sealed, updatedAt);
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM registry_credentials WHERE id = ?').run(id);
  }
}

function registryOf(row: Row): RegistryRow {
  return {
    id: text(row, 'id'),
    workspaceId: text(row, 'workspace_id'),
    registry: text(row, 'registry'),
    username: text(row, 'username'),
    sealed: text(row, 'sealed'),
    updatedAt: number(row, 'updated_at'),
  };
}
