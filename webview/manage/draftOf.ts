import { patrRegistry, type DeploymentInfo } from '../../src/protocol/shapes/deployment.ts';
import type { LimitName } from '../../src/protocol/shapes/trafficLimits.ts';
import {
  afterDraft,
  dockerHub,
  limitsDraft,
  nextKey,
  notRefused,
  type Draft,
  type ProbeDraft,
} from '../shared/fields/draft.ts';

/** The form as a deployment fills it in. */
export function draftOf(deployment: DeploymentInfo): Draft {
  const own = 'repositoryId' in deployment;
  return {
    name: deployment.name,
    registry: own ? 'patr' : deployment.registry === dockerHub ? 'dockerHub' : 'other',
    repositoryId: own ? deployment.repositoryId : '',
    host: own ? patrRegistry : deployment.registry,
    imageName: own ? '' : deployment.imageName,
    tag: deployment.imageTag,
    region: deployment.runner,
    ports: Object.entries(deployment.ports).map(([port, type], key) => ({ key, port, type })),
    environment: Object.entries(deployment.environmentVariables).map(([name, value], key) =>
      typeof value === 'string' ? { key, name, value } : { key, name, value: '', secret: value.fromSecret },
    ),
    mounts: Object.entries(deployment.configMounts).map(([name, content], key) => ({ key, name, content })),
    volumes: Object.entries(deployment.volumes).map(([id, path], key) => ({
      key,
      id,
      name: '',
      size: '',
      path,
    })),
    startup: probeDraft(deployment.startupProbe),
    liveness: probeDraft(deployment.livenessProbe),
    after: afterDraft(deployment.afterConfigChange),
    limits: limitsDraft(deployment.trafficLimits),
    deployOnPush: deployment.deployOnPush,
    deployOnCreate: true,
    min: String(deployment.minHorizontalScale),
    max: String(deployment.maxHorizontalScale),
    machine: deployment.machineType,
    touched: [],
    submitted: false,
    notes: [],
    refused: notRefused,
  };
}

function probeDraft(probe: DeploymentInfo['startupProbe']): ProbeDraft {
  if (probe === undefined || probe === null) return { on: false, port: '', path: '/' };
  return { on: true, port: String(probe.port), path: probe.path };
}

const fieldOf = {
  name: 'name',
  machineType: 'machine',
  deployOnPush: 'deployOnPush',
  minHorizontalScale: 'min',
  maxHorizontalScale: 'max',
  startupProbe: 'startup',
  livenessProbe: 'liveness',
  afterConfigChange: 'after',
} as const;

const rowsOf = {
  ports: { rows: 'ports', nameOf: ({ port }: Draft['ports'][number]) => port.trim() },
  environmentVariables: { rows: 'environment', nameOf: ({ name }: Draft['environment'][number]) => name },
  configMounts: { rows: 'mounts', nameOf: ({ name }: Draft['mounts'][number]) => name },
  volumes: { rows: 'volumes', nameOf: ({ id }: Draft['volumes'][number]) => id },
} as const;

/** A draft with the setting of a path as it is in another one. Rows keep their keys and their order. */
export function adopt(draft: Draft, path: string, from: Draft): Draft {
  if (path in fieldOf) {
    const field = fieldOf[path as keyof typeof fieldOf];
    return { ...draft, [field]: from[field] };
  }
  const [, map = '', name = ''] = /^(\w+)\.(.*)$/s.exec(path) ?? [];
  if (map === 'trafficLimits' && name in from.limits)
    return { ...draft, limits: { ...draft.limits, [name]: from.limits[name as LimitName] } };
  if (!(map in rowsOf)) return draft;
  const { rows, nameOf } = rowsOf[map as keyof typeof rowsOf];
  return { ...draft, [rows]: adoptRow(draft[rows], from[rows], name, nameOf as (row: Row) => string) };
}

type Row = { readonly key: number };

function adoptRow(
  rows: readonly Row[],
  from: readonly Row[],
  name: string,
  nameOf: (row: Row) => string,
): readonly Row[] {
  const theirs = from.find((row) => nameOf(row) === name);
  if (theirs === undefined) return rows.filter((row) => nameOf(row) !== name);
  if (!rows.some((row) => nameOf(row) === name)) return [...rows, { ...theirs, key: nextKey(rows) }];
  return rows.map((row) => (nameOf(row) === name ? { ...theirs, key: row.key } : row));
}
