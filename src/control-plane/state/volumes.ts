import type { DatabaseSync } from 'node:sqlite';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, text, type Row } from './row.ts';

/** `size` in gigabytes. */
export interface VolumeRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly size: number;
  readonly createdAt: number;
}

/** Volumes, and which deployment mounts them. Callers hold the transaction. */
export class Volumes {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(id: string): VolumeRow | undefined {
    const row = this.#database.prepare('SELECT * FROM volume WHERE id = ?').get(id);
    return row === undefined ? undefined : volumeOf(row);
  }

  all(): readonly VolumeRow[] {
    return this.#database.prepare('SELECT * FROM volume ORDER BY rowid').all().map(volumeOf);
  }

  /** Newest first. */
  list(workspaceId: string, wanted: PageWanted): Page<VolumeRow> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM volume WHERE workspace_id = ? ORDER BY rowid DESC LIMIT ? OFFSET ?')
      .all(workspaceId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM volume WHERE workspace_id = ?')
      .get(workspaceId);
    return { rows: rows.map(volumeOf), total: counted(total) };
  }

  /** Whether another volume of the workspace has the name; case makes no difference. */
  nameTaken(workspaceId: string, name: string, exceptId?: string): boolean {
    const row = this.#database
      .prepare('SELECT id FROM volume WHERE workspace_id = ? AND name_key = ?')
      .get(workspaceId, name.toLowerCase());
    return row !== undefined && text(row, 'id') !== exceptId;
  }

  put(volume: VolumeRow): void {
    this.#database
      .prepare(
        `INSERT INTO volume (id, workspace_id, name, name_key, size, created_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, size = excluded.size`,
      )
      .run(
        volume.id,
        volume.workspaceId,
        volume.name,
        volume.name.toLowerCase(),
        volume.size,
        volume.createdAt,
      );
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM volume WHERE id = ?').run(id);
  }

  /** Id of the deployment that mounts it. */
  userOf(id: string): string | undefined {
    const row = this.#database
      .prepare(
        `SELECT deployment.id AS id FROM deployment, json_each(deployment.config, '$.volumes') AS mount
         WHERE mount.key = ?`,
      )
      .get(id);
    return row === undefined ? undefined : text(row, 'id');
  }
}

function volumeOf(row: Row): VolumeRow {
  return {
    id: text(row, 'id'),
    workspaceId: text(row, 'workspace_id'),
    name: text(row, 'name'),
    size: number(row, 'size'),
    createdAt: number(row, 'created_at'),
  };
}
