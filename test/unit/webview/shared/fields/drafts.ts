import { emptyDraft, type Draft } from '../../../../../webview/shared/fields/draft.ts';
import type { Choices, Prefill } from '../../../../../src/protocol/panelCreate.ts';
import { machineTypeId, regionId } from '../../../../support/fakePatrState.ts';

export const repositoryId = '4'.repeat(32);

export const noPrefill: Prefill = {
  ports: {},
  environmentVariables: {},
  configMounts: {},
  newVolumes: [],
  deployOnPush: true,
  deployOnCreate: true,
  wantedSecrets: [],
  copiesImage: false,
  notes: [],
  minHorizontalScale: 1,
  maxHorizontalScale: 1,
};

/** A draft that could be sent, with what matters to the test changed. */
export function aDraft(changes: Partial<Draft> = {}): Draft {
  return {
    ...emptyDraft({ kind: 'new' }, noPrefill),
    name: 'web shop',
    repositoryId,
    region: regionId,
    machine: machineTypeId,
    ports: [{ key: 0, port: '8080', type: 'http' }],
    ...changes,
  };
}

export const someChoices: Choices = {
  regions: [{ id: regionId, name: 'Local', pricing: { kind: 'free', words: 'your machine: free' } }],
  machineTypes: [{ id: machineTypeId, cpu_count: 1, memory_count: 2 }],
  repositories: [{ id: repositoryId, name: 'web-shop' }],
  volumes: [],
  secrets: [],
  takenNames: ['Taken One'],
};
