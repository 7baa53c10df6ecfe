import type { DatabaseSync } from 'node:sqlite';
import type { DnsLook, ManagedUrlRow, UrlTarget } from '../domain.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, flag, json, number, optionalJson, text, type Row } from './row.ts';

type Place = Pick<ManagedUrlRow, 'domainId' | 'subDomain' | 'path'>;

/** Managed URLs of workspaces. Callers hold the transaction. */
export class ManagedUrls {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(id: string): ManagedUrlRow | undefined {
    const row = this.#database.prepare('SELECT * FROM managed_url WHERE id = ?').get(id);
    return row === undefined ? undefined : urlOf(row);
  }

  all(): readonly ManagedUrlRow[] {
    return this.#database.prepare('SELECT * FROM managed_url ORDER BY rowid').all().map(urlOf);
  }

  /** Newest first. */
  list(workspaceId: string, wanted: PageWanted): Page<ManagedUrlRow> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM managed_url WHERE workspace_id = ? ORDER BY rowid DESC LIMIT ? OFFSET ?')
      .all(workspaceId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM managed_url WHERE workspace_id = ?')
      .get(workspaceId);
    return { rows: rows.map(urlOf), total: counted(total) };
  }

  /** Those that lead to a deployment. */
  toDeployment(deploymentId: string): readonly ManagedUrlRow[] {
    return this.#database
      .prepare('SELECT * FROM managed_url WHERE deployment_id = ? ORDER BY rowid')
      .all(deploymentId)
      .map(urlOf);
  }

  ofDomain(domainId: string): readonly ManagedUrlRow[] {
    return this.#database
      .prepare('SELECT * FROM managed_url WHERE domain_id = ? ORDER BY rowid')
      .all(domainId)
      .map(urlOf);
  }

  /** Whether another one is at the same place. */
  placeTaken({ domainId, subDomain, path }: Place, exceptId?: string): boolean {
    const row = this.#database
      .prepare('SELECT id FROM managed_url WHERE domain_id = ? AND sub_domain = ? AND path = ?')
      .get(domainId, subDomain, path);
    return row !== undefined && text(row, 'id') !== exceptId;
  }

  put(url: ManagedUrlRow): void {
    const { target } = url;
    const toDeployment = target.type === 'proxyDeployment' ? target : undefined;
    this.#database
      .prepare(
        `INSERT INTO managed_url
           (id, workspace_id, sub_domain, domain_id, path, target, deployment_id, port, is_configured, looked, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET path = excluded.path, target = excluded.target,
           deployment_id = excluded.deployment_id, port = excluded.port,
           is_configured = excluded.is_configured, looked = excluded.looked`,
      )
      .run(
        url.id,
        url.workspaceId,
        url.subDomain,
        url.domainId,
        url.path,
        JSON.stringify(target),
        toDeployment?.deploymentId ?? null,
        toDeployment?.port ?? null,
        url.isConfigured ? 1 : 0,
        url.looked === undefined ? null : JSON.stringify(url.looked),
        url.createdAt,
      );
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM managed_url WHERE id = ?').run(id);
  }
}

function urlOf(row: Row): ManagedUrlRow {
  return {
    id: text(row, 'id'),
    workspaceId: text(row, 'workspace_id'),
    subDomain: text(row, 'sub_domain'),
    domainId: text(row, 'domain_id'),
    path: text(row, 'path'),
    target: json<UrlTarget>(row, 'target'),
    isConfigured: flag(row, 'is_configured'),
    looked: optionalJson<DnsLook>(row, 'looked'),
    createdAt: number(row, 'created_at'),
  };
}
