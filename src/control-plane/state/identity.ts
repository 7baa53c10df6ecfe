import type { DatabaseSync } from 'node:sqlite';
import type { MachineTypeRow } from '../domain.ts';
import { number, optionalText, text } from './row.ts';

export interface User {
  readonly id: string;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly createdAt: number;
}

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly superAdminId: string;
}

export interface RegionRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
}

/** Who and where: the one user, the one workspace, the one region, machine types. */
export class Identity {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  user(): User | undefined {
    const row = this.#database.prepare('SELECT * FROM user ORDER BY rowid LIMIT 1').get();
    if (row === undefined) return undefined;
    return {
      id: text(row, 'id'),
      username: text(row, 'username'),
      firstName: text(row, 'first_name'),
      lastName: text(row, 'last_name'),
      createdAt: number(row, 'created_at'),
    };
  }

  addUser(user: User): void {
    this.#database
      .prepare('INSERT INTO user (id, username, first_name, last_name, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(user.id, user.username, user.firstName, user.lastName, user.createdAt);
  }

  workspaces(): readonly Workspace[] {
    return this.#database
      .prepare('SELECT * FROM workspace ORDER BY rowid')
      .all()
      .map((row) => ({
        id: text(row, 'id'),
        name: text(row, 'name'),
        superAdminId: text(row, 'super_admin_id'),
      }));
  }

  addWorkspace(workspace: Workspace, at: number): void {
    this.#database
      .prepare('INSERT INTO workspace (id, name, super_admin_id, created_at) VALUES (?, ?, ?, ?)')
      .run(workspace.id, workspace.name, workspace.superAdminId, at);
  }

  regions(): readonly RegionRow[] {
    return this.#database
      .prepare('SELECT * FROM region ORDER BY rowid')
      .all()
      .map((row) => ({
        id: text(row, 'id'),
        workspaceId: text(row, 'workspace_id'),
        name: text(row, 'name'),
      }));
  }

  addRegion(region: RegionRow, at: number): void {
    this.#database
      .prepare('INSERT INTO region (id, workspace_id, name, created_at) VALUES (?, ?, ?, ?)')
      .run(region.id, region.workspaceId, region.name, at);
  }

  /**
   * Gives the workspace, and the region where its id is told, other ids, wherever they are referred to. Returns whether
   * that changed anything. The caller holds the transaction.
   */
  takeOver(ids: { readonly workspaceId: string; readonly regionId: string | undefined }): boolean {
    const [region] = this.regions();
    if (region === undefined) return false;
    const regionId = ids.regionId ?? region.id;
    if (region.id === regionId && region.workspaceId === ids.workspaceId) return false;
    // Checked at the end of the transaction, when everything refers to the new ids.
    this.#database.exec('PRAGMA defer_foreign_keys = ON');
    this.#rename('workspace', region.workspaceId, ids.workspaceId);
    this.#rename('region', region.id, regionId);
    return true;
  }

  #rename(table: 'workspace' | 'region', from: string, to: string): void {
    const references = this.#database
      .prepare(
        `SELECT referring.name AS child, reference."from" AS field
         FROM sqlite_schema AS referring, pragma_foreign_key_list(referring.name) AS reference
         WHERE referring.type = 'table' AND reference."table" = ?`,
      )
      .all(table);
    for (const row of references) {
      const [child, field] = [text(row, 'child'), text(row, 'field')];
      this.#database.prepare(`UPDATE ${child} SET ${field} = ? WHERE ${field} = ?`).run(to, from);
    }
    this.#database.prepare(`UPDATE ${table} SET id = ? WHERE id = ?`).run(to, from);
  }

  /** In the order in which they were seeded: smallest first. */
  machineTypes(): readonly MachineTypeRow[] {
    return this.#database
      .prepare('SELECT * FROM machine_type ORDER BY rowid')
      .all()
      .map((row) => ({
        id: text(row, 'id'),
        cpus: number(row, 'cpus'),
        memoryCount: number(row, 'memory_count'),
      }));
  }

  addMachineType(type: MachineTypeRow): void {
    this.#database
      .prepare('INSERT INTO machine_type (id, cpus, memory_count) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(type.id, type.cpus, type.memoryCount);
  }

  setting(name: string): string | undefined {
    const row = this.#database.prepare('SELECT value FROM setting WHERE name = ?').get(name);
    return row === undefined ? undefined : optionalText(row, 'value');
  }

  putSetting(name: string, value: string): void {
    this.#database
      .prepare(
        'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      )
      .run(name, value);
  }
}
