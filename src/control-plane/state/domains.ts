import type { DatabaseSync } from 'node:sqlite';
import type { DnsLook, DomainRow } from '../domain.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, flag, number, optionalJson, optionalNumber, text, type Row } from './row.ts';

/** Domains of workspaces. Callers hold the transaction. */
export class Domains {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(id: string): DomainRow | undefined {
    const row = this.#database.prepare('SELECT * FROM domain WHERE id = ?').get(id);
    return row === undefined ? undefined : domainOf(row);
  }

  /** Whatever workspace it is in: a name leads to one place. */
  byName(name: string): DomainRow | undefined {
    const row = this.#database.prepare('SELECT * FROM domain WHERE name = ?').get(name);
    return row === undefined ? undefined : domainOf(row);
  }

  all(): readonly DomainRow[] {
    return this.#database.prepare('SELECT * FROM domain ORDER BY rowid').all().map(domainOf);
  }

  /** Newest first. */
  list(workspaceId: string, wanted: PageWanted): Page<DomainRow> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM domain WHERE workspace_id = ? ORDER BY rowid DESC LIMIT ? OFFSET ?')
      .all(workspaceId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM domain WHERE workspace_id = ?')
      .get(workspaceId);
    return { rows: rows.map(domainOf), total: counted(total) };
  }

  put(domain: DomainRow): void {
    this.#database
      .prepare(
        `INSERT INTO domain (id, workspace_id, name, is_verified, last_unverified, looked, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET is_verified = excluded.is_verified,
           last_unverified = excluded.last_unverified, looked = excluded.looked`,
      )
      .run(
        domain.id,
        domain.workspaceId,
        domain.name,
        domain.isVerified ? 1 : 0,
        domain.lastUnverifiedAt ?? null,
        domain.looked === undefined ? null : JSON.stringify(domain.looked),
        domain.createdAt,
      );
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM domain WHERE id = ?').run(id);
  }
}

function domainOf(row: Row): DomainRow {
  return {
    id: text(row, 'id'),
    workspaceId: text(row, 'workspace_id'),
    name: text(row, 'name'),
    isVerified: flag(row, 'is_verified'),
    lastUnverifiedAt: optionalNumber(row, 'last_unverified'),
    looked: optionalJson<DnsLook>(row, 'looked'),
    createdAt: number(row, 'created_at'),
  };
}
