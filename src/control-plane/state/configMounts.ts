import type { DatabaseSync } from 'node:sqlite';
import type { ConfigGeneration } from '../domain.ts';
import { sha256 } from './database.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, optionalBytes, optionalText, text, type Row } from './row.ts';

/** Versions of one config mount that are kept, the present one among them. */
export const versionsKept = 50;
/** Versions of all config mounts of a deployment that are kept. */
const allVersionsKept = 2000;
/** Bytes of all versions of all config mounts of a deployment that are kept. */
export const versionBytesKept = 32 * 1024 * 1024;
/** Of this many of the newest releases everything is kept that they had last, whatever the bounds say. */
const releasesKept = 20;

/** A version of a config mount without its content. `digest` is absent where the file was removed. */
export interface ConfigVersion {
  readonly name: string;
  /** The generation that it came with. */
  readonly version: number;
  readonly size: number;
  readonly digest: string | undefined;
  readonly changedAt: number;
  readonly changedBy: string | undefined;
}

/** What shall be the content of a config mount from now on; absent: nothing, it goes. */
export interface ConfigWrite {
  readonly name: string;
  readonly content: Buffer | undefined;
}

export interface WrittenBy {
  readonly at: number;
  readonly who: string | undefined;
  /** A release is made together with it. */
  readonly rollsOut?: boolean;
  /** A number that the generation shall not be below, where generations were counted before. */
  readonly atLeast?: number;
}

const facts = 'name, version, size, digest, changed_at, changed_by';
const present = 'deployment_id = ? AND until IS NULL AND content IS NOT NULL';

/** Config mounts of deployments and their history, bounded. Callers hold the transaction. */
export class ConfigMounts {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** How often they have changed; 0: there never was one. */
  generation(deploymentId: string): number {
    const row = this.#database
      .prepare('SELECT generation AS n FROM config WHERE deployment_id = ?')
      .get(deploymentId);
    return counted(row);
  }

  /** The generation that the last action after a change was for. */
  announced(deploymentId: string): number {
    const row = this.#database
      .prepare('SELECT announced AS n FROM config WHERE deployment_id = ?')
      .get(deploymentId);
    return counted(row);
  }

  announce(deploymentId: string, generation: number): void {
    this.#database
      .prepare('UPDATE config SET announced = max(announced, ?) WHERE deployment_id = ?')
      .run(generation, deploymentId);
  }

  /** Those that there are, by name. */
  list(deploymentId: string): readonly ConfigVersion[] {
    return this.#database
      .prepare(`SELECT ${facts} FROM config_version WHERE ${present} ORDER BY name`)
      .all(deploymentId)
      .map(versionOf);
  }

  /** Whether there is any. */
  some(deploymentId: string): boolean {
    return (
      this.#database.prepare(`SELECT 1 FROM config_version WHERE ${present} LIMIT 1`).get(deploymentId) !==
      undefined
    );
  }

  /** One of them with its content: as it is now, or in an earlier version. */
  find(
    deploymentId: string,
    name: string,
    version?: number,
  ): (ConfigVersion & { readonly content: Buffer }) | undefined {
    const which = version === undefined ? 'until IS NULL' : 'version = ?';
    const row = this.#database
      .prepare(
        `SELECT ${facts}, content FROM config_version WHERE deployment_id = ? AND name = ? AND ${which}`,
      )
      .get(deploymentId, name, ...(version === undefined ? [] : [version]));
    const content = row === undefined ? undefined : optionalBytes(row, 'content');
    return row === undefined || content === undefined ? undefined : { ...versionOf(row), content };
  }

  /** The last change of it, also when it was removed then. */
  last(deploymentId: string, name: string): ConfigVersion | undefined {
    const row = this.#database
      .prepare(
        `SELECT ${facts} FROM config_version WHERE deployment_id = ? AND name = ? ORDER BY version DESC LIMIT 1`,
      )
      .get(deploymentId, name);
    return row === undefined ? undefined : versionOf(row);
  }

  /** Newest first. */
  history(deploymentId: string, name: string, wanted: PageWanted): Page<ConfigVersion> {
    const { limit, offset } = limits(wanted);
    const mine = 'FROM config_version WHERE deployment_id = ? AND name = ?';
    const rows = this.#database
      .prepare(`SELECT ${facts} ${mine} ORDER BY version DESC LIMIT ? OFFSET ?`)
      .all(deploymentId, name, limit, offset);
    const total = this.#database.prepare(`SELECT count(*) AS n ${mine}`).get(deploymentId, name);
    return { rows: rows.map(versionOf), total: counted(total) };
  }

  /** All of them as they are now. */
  current(deploymentId: string): ConfigGeneration {
    const generation = this.generation(deploymentId);
    return { generation, files: generation === 0 ? new Map() : this.at(deploymentId, generation) };
  }

  /** All of them as they were in a generation, as far as they are kept. */
  at(deploymentId: string, generation: number): ReadonlyMap<string, Buffer> {
    const rows = this.#database
      .prepare(
        `SELECT name, content FROM config_version WHERE deployment_id = :id AND content IS NOT NULL
           AND version <= :at AND (until IS NULL OR until > :at) ORDER BY name`,
      )
      .all({ id: deploymentId, at: generation });
    return new Map(rows.map((row) => [text(row, 'name'), optionalBytes(row, 'content') ?? Buffer.alloc(0)]));
  }

  /**
   * Makes the next generation, and gives back its number. Releases that may be running have it from now on, unless a
   * release is made for it: then it is that one's alone.
   */
  write(deploymentId: string, writes: readonly ConfigWrite[], by: WrittenBy): number {
    const generation = Math.max(this.generation(deploymentId) + 1, by.atLeast ?? 1);
    this.#database
      .prepare(
        `INSERT INTO config (deployment_id, generation, announced) VALUES (:id, :generation, 0)
         ON CONFLICT DO UPDATE SET generation = excluded.generation`,
      )
      .run({ id: deploymentId, generation });
    for (const write of writes) this.#put(deploymentId, generation, write, by);
    if (!by.rollsOut) this.#noteAtReleases(deploymentId, generation);
    this.#prune(deploymentId);
    return generation;
  }

  #noteAtReleases(deploymentId: string, generation: number): void {
    this.#database
      .prepare(
        `UPDATE release SET config_generation = :generation, config_files = :files
         WHERE deployment_id = :id AND state IN ('waiting', 'rolling', 'live')`,
      )
      .run({ id: deploymentId, generation, files: this.list(deploymentId).length });
  }

  #put(
    deploymentId: string,
    generation: number,
    { name, content }: ConfigWrite,
    { at, who }: WrittenBy,
  ): void {
    this.#database
      .prepare(`UPDATE config_version SET until = ? WHERE deployment_id = ? AND name = ? AND until IS NULL`)
      .run(generation, deploymentId, name);
    this.#database
      .prepare(
        `INSERT INTO config_version
           (deployment_id, name, version, until, digest, size, changed_at, changed_by, content)
         VALUES (?, ?, ?, NULL, ?, ?, ?, ?, ?)`,
      )
      .run(
        deploymentId,
        name,
        generation,
        content === undefined ? null : sha256(content),
        content?.length ?? 0,
        at,
        who ?? null,
        content ?? null,
      );
  }

  /** Drops versions beyond the bounds, oldest first, and removals before which nothing of the file is kept. */
  #prune(deploymentId: string): void {
    this.#database
      .prepare(
        `DELETE FROM config_version WHERE rowid IN (
           SELECT one.rowid FROM (
             SELECT rowid, deployment_id, version, until,
               row_number() OVER (PARTITION BY name ORDER BY version DESC) AS place,
               row_number() OVER (ORDER BY until IS NOT NULL, version DESC, name) AS all_places,
               sum(size) OVER (ORDER BY until IS NOT NULL, version DESC, name) AS bytes
             FROM config_version WHERE deployment_id = :id) AS one
           WHERE until IS NOT NULL AND (
             place > ${versionsKept} OR all_places > ${allVersionsKept} OR bytes > ${versionBytesKept})
             AND NOT EXISTS (
               SELECT 1 FROM (SELECT config_generation AS at FROM release WHERE deployment_id = :id
                 ORDER BY number DESC LIMIT ${releasesKept})
               WHERE version <= at AND until > at))`,
      )
      .run({ id: deploymentId });
    this.#database
      .prepare(
        `DELETE FROM config_version AS one WHERE deployment_id = ? AND content IS NULL AND NOT EXISTS (
           SELECT 1 FROM config_version WHERE deployment_id = one.deployment_id AND name = one.name
             AND version < one.version)`,
      )
      .run(deploymentId);
  }
}

function versionOf(row: Row): ConfigVersion {
  return {
    name: text(row, 'name'),
    version: number(row, 'version'),
    size: number(row, 'size'),
    digest: optionalText(row, 'digest'),
    changedAt: number(row, 'changed_at'),
    changedBy: optionalText(row, 'changed_by'),
  };
}
