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
