import type { AdoptionRecord } from '../../src/control-plane/adoption/record.ts';
import type { RemainingInstance, Remains } from '../../src/control-plane/executors/executor.ts';
import { machineTypes } from '../../src/control-plane/state/seed.ts';
import { digestOf } from './fakeRegistry.ts';

/** Ids that are told apart from others by a digit. */
export const idOf = (digit: string): string => digit.repeat(32);

/** What an instance takes along, with what matters to the test changed. */
export function aRecord(changes: Partial<AdoptionRecord> = {}): AdoptionRecord {
  return {
    regionId: idOf('b'),
    source: { registry: 'docker.io', imageName: 'library/nginx' },
    repositoryName: undefined,
    imageTag: 'latest',
    machineTypeId: machineTypes[0]!.id,
    deployOnPush: true,
    pushesPaused: false,
    minScale: 1,
    maxScale: 3,
    createdAt: 10,
    hasHostLabel: true,
    ports: { 80: 'http' },
    startupProbe: undefined,
    livenessProbe: undefined,
    variables: [],
    secrets: {},
    hasConfig: false,
    volumes: {},
    ...changes,
  };
}

/** An instance that runs, as it can be told without the state. */
export function aRemainingInstance(
  changes: Partial<Omit<RemainingInstance, 'record'>> & { readonly record?: Partial<AdoptionRecord> } = {},
): RemainingInstance {
  return {
    workspaceId: idOf('a'),
    deploymentId: idOf('d'),
    deploymentName: 'shop api',
    releaseId: idOf('1'),
    releaseNumber: 1,
    ordinal: 0,
    digest: digestOf(1),
    running: true,
    createdAt: 20,
    environment: {},
    ...changes,
    record: aRecord(changes.record),
  };
}

export function theRemains(
  instances: readonly RemainingInstance[],
  changes: Partial<Omit<Remains, 'instances'>> = {},
): Remains {
  return { instances, config: undefined, volumes: [], ...changes };
}
