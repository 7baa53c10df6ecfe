import type { ContainerSpec, Mount } from '../../docker/engine.ts';
import { recordText } from '../adoption/record.ts';
import { nameLabel } from '../hostNames.ts';
import { label, labelsOf } from '../labels.ts';
import type { ConfigFolder } from './configStorage.ts';
import type { InstanceSpec } from './executor.ts';

export interface Surroundings {
  readonly region: string;
  readonly network: string;
  /** Folder of the config mounts; absent when there are none. */
  readonly configFolder: ConfigFolder | undefined;
}

/** Docker's default without what a web application has no use for. */
const capabilities = {
  drop: ['ALL'],
  add: [
    'CHOWN',
    'DAC_OVERRIDE',
    'FOWNER',
    'FSETID',
    'SETGID',
    'SETUID',
    'SETPCAP',
    'NET_BIND_SERVICE',
    'KILL',
  ],
} as const;

const configTarget = '/etc/config';

/** The container that an instance is. Pure: the executor only sends it. */
export function containerSpecOf(spec: InstanceSpec, around: Surroundings): ContainerSpec {
  return {
    name: instanceContainerName(around.region, spec),
    image: spec.image,
    labels: {
      ...labelsOf(around.region, 'instance'),
      [label.workspace]: spec.workspaceId,
      [label.deployment]: spec.deploymentId,
      [label.deploymentName]: spec.deploymentName,
      [label.release]: spec.releaseId,
      [label.releaseNumber]: String(spec.releaseNumber),
      [label.instance]: spec.instanceId,
      [label.ordinal]: String(spec.ordinal),
      [label.restarts]: String(spec.restarts),
      [label.record]: recordText(spec.record),
      ...(around.configFolder === undefined ? {} : { [label.config]: around.configFolder.key }),
    },
    environment: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    network: around.network,
    mounts: mountsOf(spec, around),
    ports: spec.published.map(({ port, hostAddress, hostPort, protocol }) => ({
      hostAddress,
      hostPort,
      containerPort: port,
      protocol,
    })),
    // Restarting is decided above, where it can be explained.
    restart: 'no',
    cpus: spec.cpus,
    memoryBytes: spec.memoryBytes,
    pidsLimit: 4096,
    capabilities,
    noNewPrivileges: true,
    log: { maxBytes: 20_000_000, files: 5 },
  };
}

/** Unique in the region, and readable in the engine's own listings. */
export function instanceContainerName(
  region: string,
  spec: Pick<InstanceSpec, 'deploymentName' | 'instanceId'>,
): string {
  const name = (nameLabel(spec.deploymentName) ?? 'deployment').slice(0, 40);
  return `patr-${region}-${name}-${spec.instanceId}`;
}

export function instanceVolumeName(
  region: string,
  deploymentId: string,
  volumeId: string,
  ordinal: number,
): string {
  return `patr-${region}-${deploymentId}-${volumeId}-${ordinal}`;
}

function mountsOf(spec: InstanceSpec, around: Surroundings): Mount[] {
  const volumes = Object.entries(spec.volumes).map(([volumeId, target]): Mount => {
    const source = instanceVolumeName(around.region, spec.deploymentId, volumeId, spec.ordinal);
    return { kind: 'volume', source, target, readOnly: false };
  });
  if (around.configFolder === undefined) return volumes;
  return [
    ...volumes,
    { kind: 'bind', source: around.configFolder.path, target: configTarget, readOnly: true },
  ];
}
