import type { Labels } from '../docker/engine.ts';

/** Names and labels of a local region on its engine. The control plane uses the same ones for what it makes. */
export const regionLabel = 'cloud.patr.region';
/** On the container of an instance: the instance's id. */
export const instanceLabel = 'cloud.patr.instance';
export const roleLabel = 'cloud.patr.role';
/** What the container was made from; a different one means that it has to be made anew. */
export const specLabel = 'cloud.patr.spec';
export const versionLabel = 'cloud.patr.version';
/** Port of the API on loopback. */
export const portLabel = 'cloud.patr.port';

export const stateFolder = '/var/lib/patr';
export const sharedFolder = '/var/lib/patr-shared';
export const kernelFolder = '/host';
/** Folders that the control plane shares with edge, registry and instances. */
export const sharedNames = ['edge', 'registry', 'config'] as const;

export function containerName(region: string): string {
  return `patr-${region}-control-plane`;
}

export function volumeName(region: string, what: string): string {
  return `patr-${region}-${what}`;
}

export function networkName(region: string): string {
  return `patr-${region}`;
}

export function ownLabels(region: string, role: string): Labels {
  return { [regionLabel]: region, [roleLabel]: role };
}

/** What the control plane calls the file of its sealing keys, in its state folder. */
export const sealingKeysName = 'sealing-keys.json';
