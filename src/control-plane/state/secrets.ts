import type { DatabaseSync } from 'node:sqlite';
import type { ReleaseState } from '../../protocol/shapes/release.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, optionalNumber, text, type Row } from './row.ts';

export interface SecretRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  /** The value, sealed. */
  readonly sealed: string;
  /** How many values it has had, this one included. */
  readonly version: number;
  readonly createdAt: number;
  /** When it got its value. */
  readonly updatedAt: number;
}

/** Who takes a variable from a secret: a deployment's configuration, or one of its releases. */
export interface SecretUser {
  readonly deploymentId: string;
  readonly deploymentName: string;
  /** Absent: the configuration that its next release takes over. */
  readonly releaseNumber: number | undefined;
}

/** Releases that run or are about to. */
const present: readonly ReleaseState[] = ['waiting', 'rolling', 'live'];

/** A reference is an object; a variable that happens to be named `fromSecret` is a text, one level higher. */
const referred = `'$.environment') AS part
  WHERE part.key = 'fromSecret' AND part.path <> '$.environment' AND part.atom = :secret`;

/** Secrets, and who uses them. Callers hold the transaction. */
export class Secrets {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(id: string): SecretRow | undefined {
    const row = this.#database.prepare('SELECT * FROM secret WHERE id = ?').get(id);
    return row === undefined ? undefined : secretOf(row);
  }

  all(): readonly SecretRow[] {
    return this.#database.prepare('SELECT * FROM secret ORDER BY rowid').all().map(secretOf);
  }

  /** Newest first. */
  list(workspaceId: string, wanted: PageWanted): Page<SecretRow> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM secret WHERE workspace_id = ? ORDER BY rowid DESC LIMIT ? OFFSET ?')
      .all(workspaceId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM secret WHERE workspace_id = ?')
      .get(workspaceId);
    return { rows: rows.map(secretOf), total: counted(total) };
  }

  /** Whether another secret of the workspace has the name; case makes no difference. */
  nameTaken(workspaceId: string, name: string, exceptId?: string): boolean {
    const row = this.#database
      .prepare('SELECT id FROM secret WHERE workspace_id = ? AND name_key = ?')
      .get(workspaceId, name.toLowerCase());
    return row !== undefined && text(row, 'id') !== exceptId;
  }

  put(secret: SecretRow): void {
    this.#database
      .prepare(
        `INSERT INTO secret (id, workspace_id, name, name_key, sealed, version, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
           sealed = excluded.sealed, version = excluded.version, updated_at = excluded.updated_at`,
      )
      .run(
        secret.id,
        secret.workspaceId,
        secret.name,
        secret.name.toLowerCase(),
        secret.sealed,
        secret.version,
        secret.createdAt,
        secret.updatedAt,
      );
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM secret WHERE id = ?').run(id);
  }

  /** Deployments whose configuration uses it, then releases that do and run or are about to. */
  usersOf(id: string): readonly SecretUser[] {
    const configured = this.#database
      .prepare(
        `SELECT deployment.id AS id, deployment.name AS name, NULL AS number
         FROM deployment, json_tree(deployment.config, ${referred}
         GROUP BY deployment.id ORDER BY deployment.rowid`,
      )
      .all({ secret: id });
    const states = present.map((state) => `'${state}'`).join(', ');
    const released = this.#database
      .prepare(
        `SELECT deployment.id AS id, deployment.name AS name, release.number AS number
         FROM release JOIN deployment ON deployment.id = release.deployment_id,
           json_tree(release.config, ${referred} AND release.state IN (${states})
         GROUP BY release.id ORDER BY deployment.rowid, release.number`,
      )
      .all({ secret: id });
    return [...configured, ...released].map(userOf);
  }
}

function secretOf(row: Row): SecretRow {
  return {
    id: text(row, 'id'),
    workspaceId: text(row, 'workspace_id'),
    name: text(row, 'name'),
    sealed: text(row, 'sealed'),
    version: number(row, 'version'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
  };
}

function userOf(row: Row): SecretUser {
  return {
    deploymentId: text(row, 'id'),
    deploymentName: text(row, 'name'),
    releaseNumber: optionalNumber(row, 'number'),
  };
}
