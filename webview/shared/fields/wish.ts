import type { CreateWishInput } from '../../../src/protocol/panelCreate.ts';
import type { AfterConfigChange } from '../../../src/protocol/shapes/configMount.ts';
import { patrRegistry, type Probe } from '../../../src/protocol/shapes/deployment.ts';
import type { TrafficLimits } from '../../../src/protocol/shapes/trafficLimits.ts';
import {
  dockerHub,
  megabyte,
  type AfterChangeDraft,
  type Draft,
  type LimitsDraft,
  type ProbeDraft,
} from './draft.ts';

/**
 * What the form says, in the shape of the request. It is not checked: texts that are no numbers are NaN, and what is
 * not chosen is empty. Of two rows with one name the last one is in it.
 */
export function wishOf(draft: Draft): CreateWishInput {
  const startupProbe = probeOf(draft.startup);
  const livenessProbe = probeOf(draft.liveness);
  return {
    name: draft.name,
    image: imageOf(draft),
    imageTag: draft.tag,
    runner: draft.region,
    machineType: draft.machine,
    deployOnPush: pushes(draft) && draft.deployOnPush,
    deployOnCreate: draft.deployOnCreate,
    minHorizontalScale: numberOf(draft.min),
    maxHorizontalScale: numberOf(scalesItself(draft) ? draft.max : draft.min),
    ports: Object.fromEntries(draft.ports.map(({ port, type }) => [port.trim(), type])),
    environmentVariables: Object.fromEntries(
      draft.environment.map(({ name, value, secret }) => [
        name,
        secret === undefined ? value : { fromSecret: secret },
      ]),
    ),
    ...(startupProbe === undefined ? {} : { startupProbe }),
    ...(livenessProbe === undefined ? {} : { livenessProbe }),
    ...(draft.after.kind === 'nothing' ? {} : { afterConfigChange: afterOf(draft.after) }),
    ...limitsOf(draft.limits),
    configMounts: Object.fromEntries(draft.mounts.map(({ name, content }) => [name, content])),
    volumes: Object.fromEntries(
      draft.volumes.filter(({ id }) => id !== '').map(({ id, path }) => [id, path]),
    ),
    newVolumes: newVolumes(draft).map(({ name, size, path }) => ({ name, size: numberOf(size), path })),
  };
}

/** Rows of volumes that are to be made, in the order of the request. */
export function newVolumes({ volumes }: Draft): Draft['volumes'] {
  return volumes.filter(({ id }) => id === '');
}

/** Whether the image is in a registry that tells of pushes. */
export function pushes({ registry }: Draft): boolean {
  return registry === 'build' || registry === 'copy' || registry === 'patr';
}

/** With volumes there is no automatic scaling: every instance has data of its own. */
export function scalesItself({ volumes }: Draft): boolean {
  return volumes.length === 0;
}

/** A number as a person types it; NaN where it is none. */
export function numberOf(text: string): number {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : Number.NaN;
}

/** A size in megabytes as a person types it, in bytes; NaN where it is none. */
export function bytesOf(text: string): number {
  const [typed] = /^\s*\d{1,9}([.,]\d{1,6})?\s*$/.exec(text) ?? [];
  return typed === undefined ? Number.NaN : Math.round(Number(typed.replace(',', '.')) * megabyte);
}

/** Nothing where all of them are as usual. */
function limitsOf(limits: LimitsDraft): { readonly trafficLimits?: TrafficLimits } {
  const declared = Object.entries(limits).flatMap(([name, { kind, value }]) => {
    if (kind === 'usual') return [];
    const number = name === 'maxBodyBytes' ? bytesOf(value) : numberOf(value);
    return [[name, kind === 'none' ? null : number] as const];
  });
  return declared.length === 0 ? {} : { trafficLimits: Object.fromEntries(declared) as TrafficLimits };
}

function imageOf(draft: Draft): CreateWishInput['image'] {
  const imageName = draft.imageName.trim();
  switch (draft.registry) {
    case 'build':
      return { kind: 'build' };
    case 'copy':
      return { kind: 'copy' };
    case 'patr':
      return { kind: 'repository', registry: patrRegistry, repositoryId: draft.repositoryId };
    case 'dockerHub': {
      // Docker Hub's own images go by one word, and are kept under library.
      const official = imageName !== '' && !imageName.includes('/');
      return {
        kind: 'external',
        registry: dockerHub,
        imageName: official ? `library/${imageName}` : imageName,
      };
    }
    case 'other':
      return { kind: 'external', registry: draft.host, imageName };
  }
}

export function afterOf({ kind, signal, port, path }: AfterChangeDraft): AfterConfigChange {
  switch (kind) {
    case 'nothing':
    case 'restart':
      return { kind };
    case 'signal':
      return { kind, signal };
    case 'post':
      return { kind, port: numberOf(port), path };
  }
}

function probeOf({ on, port, path }: ProbeDraft): Probe | undefined {
  return on ? { port: numberOf(port), path } : undefined;
}
