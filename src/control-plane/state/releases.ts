import type { DatabaseSync } from 'node:sqlite';
import type { Release } from '../domain.ts';
import type { ReleaseState, RolloutProof } from '../../protocol/shapes/release.ts';
import type { ReleasedImage } from '../registry/collect/retention.ts';
import { configOf } from './deployments.ts';
import { sourceColumns, sourceOf } from './images.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, optionalJson, optionalNumber, optionalText, text, type Row } from './row.ts';

/** How many of the newest releases the reconcile loop is told about, beside the target and the live one. */
const recent = 50;

const columns = [
  'id',
  'deployment_id',
  'number',
  'digest',
  'registry',
  'repository_id',
  'image_name',
  'image_tag',
  'config',
  'config_generation',
  'config_files',
  'cause',
  'state',
  'reason',
  'proof',
  'created_at',
  'finished_at',
] as const;
const insert = `INSERT INTO release (${columns.join(', ')}) VALUES (${columns.map((c) => `:${c}`).join(', ')})`;

/** A digest that a deployment has had, and when it first had it. */
export interface HistoryEntry {
  readonly digest: string;
  readonly createdAt: number;
}

/** How a rollout ended, or that it began. */
export type Outcome = Pick<Release, 'state' | 'finishedAt'> & Partial<Pick<Release, 'reason' | 'proof'>>;

/** Releases: rows are added and told how their rollout went, never changed otherwise. Callers hold the transaction. */
export class Releases {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(id: string): Release | undefined {
    const row = this.#database.prepare('SELECT * FROM release WHERE id = ?').get(id);
    return row === undefined ? undefined : releaseOf(row);
  }

  byNumber(deploymentId: string, wanted: number): Release | undefined {
    const row = this.#database
      .prepare('SELECT * FROM release WHERE deployment_id = ? AND number = ?')
      .get(deploymentId, wanted);
    return row === undefined ? undefined : releaseOf(row);
  }

  /** Newest first. */
  list(deploymentId: string, wanted: PageWanted): Page<Release> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM release WHERE deployment_id = ? ORDER BY number DESC LIMIT ? OFFSET ?')
      .all(deploymentId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM release WHERE deployment_id = ?')
      .get(deploymentId);
    return { rows: rows.map(releaseOf), total: counted(total) };
  }

  /** The one that last became live. */
  live(deploymentId: string): Release | undefined {
    const row = this.#database
      .prepare(
        "SELECT * FROM release WHERE deployment_id = ? AND state = 'live' ORDER BY number DESC LIMIT 1",
      )
      .get(deploymentId);
    return row === undefined ? undefined : releaseOf(row);
  }

  /** The newest ones, the live one and the target, newest first. */
  relevant(deploymentId: string, targetId: string | undefined): readonly Release[] {
    return this.#database
      .prepare(
        `SELECT * FROM release WHERE deployment_id = :id AND (
           number > (SELECT max(number) FROM release WHERE deployment_id = :id) - ${recent}
           OR state = 'live' OR id = :target)
         ORDER BY number DESC`,
      )
      .all({ id: deploymentId, target: targetId ?? null })
      .map(releaseOf);
  }

  /** The newest release of the deployment that has this digest. */
  withDigest(deploymentId: string, digest: string): Release | undefined {
    const row = this.#database
      .prepare('SELECT * FROM release WHERE deployment_id = ? AND digest = ? ORDER BY number DESC LIMIT 1')
      .get(deploymentId, digest);
    return row === undefined ? undefined : releaseOf(row);
  }

  /** Every release of an image of the region's own registry, as far as keeping images looks at it. */
  images(): readonly (Omit<ReleasedImage, 'path'> & { readonly repositoryId: string })[] {
    return this.#database
      .prepare(
        `SELECT release.deployment_id, release.repository_id, digest, number, state, release.created_at,
           release.id = deployment.target_release_id AS target
         FROM release JOIN deployment ON deployment.id = release.deployment_id
         WHERE digest IS NOT NULL AND release.repository_id IS NOT NULL`,
      )
      .all()
      .map((row) => ({
        deploymentId: text(row, 'deployment_id'),
        repositoryId: text(row, 'repository_id'),
        digest: text(row, 'digest'),
        number: number(row, 'number'),
        state: text(row, 'state') as Release['state'],
        target: optionalNumber(row, 'target') === 1,
        createdAt: number(row, 'created_at'),
      }));
  }

  /** Each digest once, with the time it was first released; newest first. */
  history(deploymentId: string, wanted: PageWanted): Page<HistoryEntry> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare(
        `SELECT digest, min(created_at) AS first_at FROM release
         WHERE deployment_id = ? AND digest IS NOT NULL
         GROUP BY digest ORDER BY min(number) DESC LIMIT ? OFFSET ?`,
      )
      .all(deploymentId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(DISTINCT digest) AS n FROM release WHERE deployment_id = ?')
      .get(deploymentId);
    return {
      rows: rows.map((row) => ({ digest: text(row, 'digest'), createdAt: number(row, 'first_at') })),
      total: counted(total),
    };
  }

  /** Since when every release of the deployment has had the image of its newest one. */
  imageSince(deploymentId: string): number | undefined {
    const row = this.#database
      .prepare(
        `SELECT min(created_at) AS since FROM release WHERE deployment_id = :id AND number > coalesce((
           SELECT max(number) FROM release WHERE deployment_id = :id AND digest IS NOT (
             SELECT digest FROM release WHERE deployment_id = :id ORDER BY number DESC LIMIT 1)), 0)`,
      )
      .get({ id: deploymentId });
    return row === undefined ? undefined : optionalNumber(row, 'since');
  }

  /** Bytes of an image in its registry, as far as it was ever asked for. */
  sizeOf(digest: string): number | undefined {
    const row = this.#database.prepare('SELECT size FROM image_size WHERE digest = ?').get(digest);
    return row === undefined ? undefined : number(row, 'size');
  }

  nextNumber(deploymentId: string): number {
    const row = this.#database
      .prepare('SELECT coalesce(max(number), 0) + 1 AS n FROM release WHERE deployment_id = ?')
      .get(deploymentId);
    return counted(row);
  }

  insert(release: Release): void {
    this.#database.prepare(insert).run(columnsOf(release));
  }

  /** Moves a release on, if it is in one of the given states; otherwise nothing happens. */
  settle(id: string, from: readonly ReleaseState[], outcome: Outcome): boolean {
    const marks = from.map(() => '?').join(', ');
    const { changes } = this.#database
      .prepare(
        `UPDATE release SET state = ?, finished_at = ?, reason = ?, proof = ?
         WHERE id = ? AND state IN (${marks})`,
      )
      .run(
        outcome.state,
        outcome.finishedAt ?? null,
        stored(outcome.reason),
        stored(outcome.proof),
        id,
        ...from,
      );
    return changes === 1;
  }

  /** Completes the proof of a release that is or was live. */
  prove(id: string, proof: RolloutProof): boolean {
    const { changes } = this.#database
      .prepare("UPDATE release SET proof = ? WHERE id = ? AND state IN ('live', 'retired')")
      .run(stored(proof), id);
    return changes === 1;
  }

  /** The release before is retired when another becomes live; what it proved about its rollout stays. */
  retireOthers(deploymentId: string, liveId: string): void {
    this.#database
      .prepare("UPDATE release SET state = 'retired' WHERE deployment_id = ? AND state = 'live' AND id <> ?")
      .run(deploymentId, liveId);
  }

  /** A digest is written once. */
  resolve(id: string, digest: string): boolean {
    const { changes } = this.#database
      .prepare('UPDATE release SET digest = ? WHERE id = ? AND digest IS NULL')
      .run(digest, id);
    return changes === 1;
  }
}

function stored(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function columnsOf(release: Release) {
  return {
    id: release.id,
    deployment_id: release.deploymentId,
    number: release.number,
    digest: release.digest ?? null,
    ...sourceColumns(release.source),
    image_tag: release.imageTag,
    config: JSON.stringify(release.config),
    config_generation: release.configGeneration,
    config_files: release.configFiles,
    cause: release.cause,
    state: release.state,
    reason: stored(release.reason),
    proof: stored(release.proof),
    created_at: release.createdAt,
    finished_at: release.finishedAt ?? null,
  };
}

function releaseOf(row: Row): Release {
  return {
    id: text(row, 'id'),
    deploymentId: text(row, 'deployment_id'),
    number: number(row, 'number'),
    digest: optionalText(row, 'digest'),
    source: sourceOf(row),
    imageTag: text(row, 'image_tag'),
    config: configOf(row),
    configGeneration: number(row, 'config_generation'),
    configFiles: number(row, 'config_files'),
    cause: text(row, 'cause') as Release['cause'],
    state: text(row, 'state') as Release['state'],
    reason: optionalJson(row, 'reason'),
    proof: optionalJson(row, 'proof'),
    createdAt: number(row, 'created_at'),
    finishedAt: optionalNumber(row, 'finished_at'),
  };
}
