import type { Labels } from '../docker/engine.ts';

/** Labels on everything that a region has on an engine. They are enough to recognise it with the database lost. */
export const label = {
  region: 'cloud.patr.region',
  role: 'cloud.patr.role',
  spec: 'cloud.patr.spec',
  workspace: 'cloud.patr.workspace',
  deployment: 'cloud.patr.deployment',
  deploymentName: 'cloud.patr.deployment-name',
  release: 'cloud.patr.release',
  releaseNumber: 'cloud.patr.release-number',
  instance: 'cloud.patr.instance',
  ordinal: 'cloud.patr.ordinal',
  restarts: 'cloud.patr.restarts',
  volume: 'cloud.patr.volume',
  volumeName: 'cloud.patr.volume-name',
  volumeSize: 'cloud.patr.volume-size',
  ports: 'cloud.patr.ports',
  settings: 'cloud.patr.settings',
  /** Which folder of config mounts an instance has mounted; see `ConfigFolder`. */
  config: 'cloud.patr.config',
  /** See `adoption/record.ts`. */
  record: 'cloud.patr.record',
} as const;

export type Role =
  | 'instance'
  | 'edge'
  | 'registry'
  | 'survey'
  | 'collector'
  | 'control-plane'
  | 'network'
  | 'volume'
  | 'diagnosis'
  | 'archive';

/** Labels of a region's thing of one role. */
export function labelsOf(region: string, role: Role): Labels {
  return { [label.region]: region, [label.role]: role };
}
