import type { DatabaseSync } from 'node:sqlite';
import type { AfterConfigChange } from '../../protocol/shapes/configMount.ts';
import { declaresLimits, type TrafficLimits } from '../../protocol/shapes/trafficLimits.ts';
import { nameLabel } from '../hostNames.ts';
import type { Deployment, ReleaseConfig } from '../domain.ts';
import { sourceColumns, sourceOf } from './images.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, flag, json, number, optionalJson, optionalText, text, type Row } from './row.ts';

const columns = [
  'id',
  'workspace_id',
  'name',
  'name_key',
  'host_label',
  'registry',
  'repository_id',
  'image_name',
  'image_tag',
  'region_id',
  'machine_type_id',
  'deploy_on_push',
  'min_scale',
  'max_scale',
  'intent',
  'config',
  'after_config_change',
  'traffic_limits',
  'target_release_id',
  'scale',
  'pushes_paused',
  'revision',
  'created_at',
  'updated_at',
] as const;
/** After every name that was given before, also when the clock was set back in between. */
const namedNow = (now: string): string =>
  `max(${now}, (SELECT ifnull(max(named_at), 0) + 1 FROM deployment))`;
const insert = `INSERT INTO deployment (${columns.join(', ')}, named_at)
  VALUES (${columns.map((c) => `:${c}`).join(', ')}, ifnull(:named_at, ${namedNow(':created_at')}))`;
const changeable = columns.filter((column) => !['id', 'workspace_id', 'created_at'].includes(column));
const update = `UPDATE deployment SET ${changeable.map((c) => `${c} = :${c}`).join(', ')},
  named_at = CASE name WHEN :name THEN named_at ELSE ${namedNow(':updated_at')} END WHERE id = :id`;

/** Deployments as people want them. Callers hold the transaction. */
export class Deployments {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  ids(): readonly string[] {
    return this.#database
      .prepare('SELECT id FROM deployment ORDER BY rowid')
      .all()
      .map((row) => text(row, 'id'));
  }

  find(id: string): Deployment | undefined {
    const row = this.#database.prepare('SELECT * FROM deployment WHERE id = ?').get(id);
    return row === undefined ? undefined : deploymentOf(row);
  }

  /** Newest first. */
  list(workspaceId: string, wanted: PageWanted): Page<Deployment> {
    const { limit, offset } = limits(wanted);
    const rows = this.#database
      .prepare('SELECT * FROM deployment WHERE workspace_id = ? ORDER BY rowid DESC LIMIT ? OFFSET ?')
      .all(workspaceId, limit, offset);
    const total = this.#database
      .prepare('SELECT count(*) AS n FROM deployment WHERE workspace_id = ?')
      .get(workspaceId);
    return { rows: rows.map(deploymentOf), total: counted(total) };
  }

  /** Names are compared without regard to case. */
  nameTaken(workspaceId: string, name: string, except?: string): boolean {
    const row = this.#database
      .prepare('SELECT id FROM deployment WHERE workspace_id = ? AND name_key = ?')
      .get(workspaceId, nameKey(name));
    return row !== undefined && text(row, 'id') !== except;
  }

  ofRepository(repositoryId: string): readonly Deployment[] {
    return this.#database
      .prepare('SELECT * FROM deployment WHERE repository_id = ? ORDER BY rowid')
      .all(repositoryId)
      .map(deploymentOf);
  }

  /** Deployments whose names make the same DNS label; the first one has it, because it had that name first. */
  withLabel(label: string): readonly string[] {
    return this.#database
      .prepare('SELECT id FROM deployment WHERE host_label = ? ORDER BY named_at, rowid')
      .all(label)
      .map((row) => text(row, 'id'));
  }

  /** The label of its name, when no other deployment had the same one before. */
  hostLabel(deployment: Deployment): string | undefined {
    const label = nameLabel(deployment.name);
    if (label === undefined) return undefined;
    return this.withLabel(label)[0] === deployment.id ? label : undefined;
  }

  /** Memory that all instances that shall run may use together, as machine types count it. */
  allocatedMemoryCount(): number {
    const row = this.#database
      .prepare(
        `SELECT coalesce(sum(scale * memory_count), 0) AS n FROM deployment
         JOIN machine_type ON machine_type.id = machine_type_id WHERE intent = 'running'`,
      )
      .get();
    return counted(row);
  }

  /** `namedAt`: since when it has its name, where that is known from before; else it is the last to have got one. */
  insert(deployment: Deployment, namedAt?: number): void {
    this.#database.prepare(insert).run({ ...columnsOf(deployment), named_at: namedAt ?? null });
  }

  update(deployment: Deployment): void {
    const { workspace_id: _workspace, created_at: _created, ...changing } = columnsOf(deployment);
    this.#database.prepare(update).run(changing);
  }

  /** Remembers that it was there, so that what still runs of it is known to be nobody's. */
  delete(id: string, at: number): boolean {
    const { changes } = this.#database.prepare('DELETE FROM deployment WHERE id = ?').run(id);
    if (changes === 0) return false;
    this.#database
      .prepare('INSERT OR REPLACE INTO deleted_deployment (id, deleted_at) VALUES (?, ?)')
      .run(id, at);
    return true;
  }

  wasDeleted(id: string): boolean {
    return this.#database.prepare('SELECT 1 FROM deleted_deployment WHERE id = ?').get(id) !== undefined;
  }
}

function nameKey(name: string): string {
  return name.toLowerCase();
}

function columnsOf(deployment: Deployment) {
  return {
    id: deployment.id,
    workspace_id: deployment.workspaceId,
    name: deployment.name,
    name_key: nameKey(deployment.name),
    host_label: nameLabel(deployment.name) ?? null,
    ...sourceColumns(deployment.source),
    image_tag: deployment.imageTag,
    region_id: deployment.regionId,
    machine_type_id: deployment.machineTypeId,
    deploy_on_push: Number(deployment.deployOnPush),
    min_scale: deployment.minScale,
    max_scale: deployment.maxScale,
    intent: deployment.intent,
    config: JSON.stringify(deployment.config),
    after_config_change: afterColumn(deployment.afterConfigChange),
    traffic_limits: limitsColumn(deployment.trafficLimits),
    target_release_id: deployment.targetReleaseId ?? null,
    scale: deployment.scale,
    pushes_paused: Number(deployment.pushesPaused),
    revision: deployment.revision,
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
  };
}

function afterColumn(after: AfterConfigChange): string | null {
  return after.kind === 'nothing' ? null : JSON.stringify(after);
}

function limitsColumn(limits: TrafficLimits): string | null {
  return declaresLimits(limits) ? JSON.stringify(limits) : null;
}

function deploymentOf(row: Row): Deployment {
  return {
    id: text(row, 'id'),
    workspaceId: text(row, 'workspace_id'),
    name: text(row, 'name'),
    source: sourceOf(row),
    imageTag: text(row, 'image_tag'),
    regionId: text(row, 'region_id'),
    machineTypeId: text(row, 'machine_type_id'),
    deployOnPush: flag(row, 'deploy_on_push'),
    minScale: number(row, 'min_scale'),
    maxScale: number(row, 'max_scale'),
    intent: text(row, 'intent') as Deployment['intent'],
    config: configOf(row),
    afterConfigChange: optionalJson(row, 'after_config_change') ?? { kind: 'nothing' },
    trafficLimits: optionalJson(row, 'traffic_limits') ?? {},
    targetReleaseId: optionalText(row, 'target_release_id'),
    scale: number(row, 'scale'),
    pushesPaused: flag(row, 'pushes_paused'),
    revision: number(row, 'revision'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
  };
}

/** An absent probe is left out of JSON; the domain says it by name. */
export function configOf(row: Row): ReleaseConfig {
  return {
    startupProbe: undefined,
    livenessProbe: undefined,
    ...json<Partial<ReleaseConfig>>(row, 'config'),
  } as ReleaseConfig;
}
