import * as v from 'valibot';
import { copyNote, type CreateSubject, type Prefill } from '../../../src/protocol/panelCreate.ts';
import { configSignals, type AfterConfigChange } from '../../../src/protocol/shapes/configMount.ts';
import { portType } from '../../../src/protocol/shapes/deployment.ts';
import type { LimitName, TrafficLimits } from '../../../src/protocol/shapes/trafficLimits.ts';

/** Where the image comes from. `dockerHub` and `other` are registries that are not pushed to from here. */
export const registries = ['build', 'copy', 'patr', 'dockerHub', 'other'] as const;
export type RegistryChoice = (typeof registries)[number];

/** The host that Docker Hub's images are named by. */
export const dockerHub = 'docker.io';

/** Rows have keys of their own, so that a row stays the same one while its name is typed. */
const key = v.number();
const port = v.object({ key, port: v.string(), type: portType });
const variable = v.object({ key, name: v.string(), value: v.string(), secret: v.optional(v.string()) });
const mount = v.object({ key, name: v.string(), content: v.string() });
/** `id` empty: a volume that is made together with the deployment. */
const volume = v.object({ key, id: v.string(), name: v.string(), size: v.string(), path: v.string() });
const after = v.object({
  kind: v.picklist(['nothing', 'signal', 'restart', 'post']),
  signal: v.picklist(configSignals),
  port: v.string(),
  path: v.string(),
});
/** `value` as it was typed: megabytes for bodies, seconds for times. */
const limit = v.object({ kind: v.picklist(['usual', 'own', 'none']), value: v.string() });
const limits = v.object({
  maxBodyBytes: limit,
  answerTimeoutSeconds: limit,
  maxRequestsPerInstance: limit,
  maxRequestsPerSecond: limit,
} satisfies Record<LimitName, typeof limit>);
const probe = v.object({ on: v.boolean(), port: v.string(), path: v.string() });

/** Everything that was typed, as it was typed. It outlives the page and the window with the editor's state. */
export const draft = v.object({
  name: v.string(),
  registry: v.picklist(registries),
  repositoryId: v.string(),
  /** Name of a repository that is about to be made; undefined: none is. */
  newRepository: v.optional(v.string()),
  host: v.string(),
  imageName: v.string(),
  tag: v.string(),
  region: v.string(),
  ports: v.array(port),
  environment: v.array(variable),
  mounts: v.array(mount),
  volumes: v.array(volume),
  startup: probe,
  liveness: probe,
  /** What happens in instances after their config mounts have changed; drafts of earlier versions have none. */
  after: v.optional(after, { kind: 'nothing', signal: 'SIGHUP', port: '', path: '/' }),
  /** What the edge holds clients and instances to; drafts of earlier versions have none. */
  limits: v.optional(limits, () => limitsDraft(undefined)),
  deployOnPush: v.boolean(),
  deployOnCreate: v.boolean(),
  min: v.string(),
  max: v.string(),
  machine: v.string(),
  /** Fields that were changed by the person: only they and, after a try to submit, all others show their problems. */
  touched: v.array(v.string()),
  submitted: v.boolean(),
  /** What of a deployment is not the same in this copy of it; drafts of earlier versions have none. */
  notes: v.optional(v.array(copyNote), []),
  /** What the server said of the last request, as far as nothing was changed since. */
  refused: v.object({ message: v.string(), fields: v.record(v.string(), v.string()) }),
});
export type Draft = v.InferOutput<typeof draft>;
export type PortRow = v.InferOutput<typeof port>;
export type VariableRow = v.InferOutput<typeof variable>;
export type MountRow = v.InferOutput<typeof mount>;
export type VolumeRow = v.InferOutput<typeof volume>;
export type ProbeDraft = v.InferOutput<typeof probe>;
export type LimitDraft = v.InferOutput<typeof limit>;
export type LimitsDraft = v.InferOutput<typeof limits>;
export type AfterChangeDraft = v.InferOutput<typeof after>;

export const notRefused: Draft['refused'] = { message: '', fields: {} };

/** A form that nobody has typed in, with what it arrives with. */
export function emptyDraft(subject: CreateSubject, prefill: Prefill): Draft {
  const { ports, configMounts, newVolumes, startupProbe, livenessProbe } = prefill;
  return {
    name: prefill.name ?? '',
    registry: registryOf(subject, prefill),
    repositoryId: prefill.repositoryId ?? '',
    host: prefill.registry ?? '',
    imageName: prefill.imageName ?? '',
    tag: prefill.imageTag ?? 'latest',
    region: prefill.runner ?? '',
    ports: Object.entries(ports).map(([port, type], key) => ({ key, port, type })),
    environment: variablesOf(prefill),
    mounts: Object.entries(configMounts).map(([name, content], key) => ({ key, name, content })),
    volumes: newVolumes.map(({ name, size, path }, key) => ({ key, id: '', name, size: String(size), path })),
    startup: probeDraft(startupProbe),
    liveness: probeDraft(livenessProbe),
    after: afterDraft(prefill.afterConfigChange),
    limits: limitsDraft(prefill.trafficLimits),
    deployOnPush: prefill.deployOnPush,
    deployOnCreate: prefill.deployOnCreate,
    min: String(prefill.minHorizontalScale),
    max: String(prefill.maxHorizontalScale),
    machine: prefill.machineType ?? '',
    touched: [],
    submitted: false,
    notes: prefill.notes,
    refused: notRefused,
  };
}

/** Those whose secret is still to be chosen come last. */
function variablesOf({ environmentVariables, wantedSecrets }: Prefill): VariableRow[] {
  const known = Object.entries(environmentVariables).map(([name, value]) =>
    typeof value === 'string' ? { name, value } : { name, value: '', secret: value.fromSecret },
  );
  const wanted = wantedSecrets.map((name) => ({ name, value: '', secret: '' }));
  return [...known, ...wanted].map((row, key) => ({ key, ...row }));
}

function registryOf(subject: CreateSubject, { registry, imageName, copiesImage }: Prefill): RegistryChoice {
  if (subject.kind === 'dockerfile') return 'build';
  if (copiesImage) return 'copy';
  if (subject.kind === 'copy' && imageName === undefined) return 'other';
  if (imageName === undefined) return 'patr';
  return registry === dockerHub ? 'dockerHub' : 'other';
}

export function afterDraft(after: AfterConfigChange | undefined): AfterChangeDraft {
  const kind = after?.kind ?? 'nothing';
  return {
    kind,
    signal: after?.kind === 'signal' ? after.signal : 'SIGHUP',
    port: after?.kind === 'post' ? String(after.port) : '',
    path: after?.kind === 'post' ? after.path : '/',
  };
}

/** Bytes in a megabyte, as sizes are written. */
export const megabyte = 1_000_000;

export function limitsDraft(limits: TrafficLimits | undefined): LimitsDraft {
  const draftOf = (value: number | null | undefined, unit = 1): LimitDraft => {
    if (value === null) return { kind: 'none', value: '' };
    return value === undefined ? { kind: 'usual', value: '' } : { kind: 'own', value: String(value / unit) };
  };
  return {
    maxBodyBytes: draftOf(limits?.maxBodyBytes, megabyte),
    answerTimeoutSeconds: draftOf(limits?.answerTimeoutSeconds),
    maxRequestsPerInstance: draftOf(limits?.maxRequestsPerInstance),
    maxRequestsPerSecond: draftOf(limits?.maxRequestsPerSecond),
  };
}

function probeDraft(probe: { readonly port: number; readonly path: string } | undefined): ProbeDraft {
  if (probe === undefined) return { on: false, port: '', path: '/' };
  return { on: true, port: String(probe.port), path: probe.path };
}

/** A key that none of the rows has. */
export function nextKey(rows: readonly { readonly key: number }[]): number {
  return rows.reduce((most, row) => Math.max(most, row.key + 1), 0);
}

/** Rows with one of them changed. */
export function changeRow<R extends { readonly key: number }>(
  rows: readonly R[],
  key: number,
  changes: Partial<R>,
): R[] {
  return rows.map((row) => (row.key === key ? { ...row, ...changes } : row));
}

/** Variables with some put in: those of the same name get the new value, the others come at the end. */
export function withVariables(
  rows: readonly VariableRow[],
  given: readonly { readonly name: string; readonly value: string }[],
): VariableRow[] {
  const values = new Map(given.map(({ name, value }) => [name, value]));
  const kept = rows.filter(({ name, value, secret }) => name !== '' || value !== '' || secret !== undefined);
  const changed = kept.map((row): VariableRow => {
    const value = values.get(row.name);
    values.delete(row.name);
    return value === undefined ? row : { key: row.key, name: row.name, value };
  });
  const first = nextKey(rows);
  const added = Array.from(values, ([name, value], index) => ({ key: first + index, name, value }));
  return [...changed, ...added];
}

/** Ports that take HTTP, in the order in which they stand. */
export function httpPorts({ ports }: Draft): string[] {
  return ports
    .filter(({ port, type }) => type === 'http' && port.trim() !== '')
    .map(({ port }) => port.trim());
}
