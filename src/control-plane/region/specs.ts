import type { ContainerSpec, Mount } from '../../docker/engine.ts';
import { configName, masterSocketName, type Owner } from '../edge/haproxyConfig.ts';
import { label, labelsOf } from '../labels.ts';
import { isLoopback, type Placement } from '../placement.ts';

/** Folders of the services, as they see them themselves. */
export const edgeFolder = '/run/patr';
export const registryFolder = '/etc/patr-registry';
export const registryStorage = '/var/lib/registry';
export const registryConfigName = 'config.yml';
/** Configuration of what works on the blobs beside the registry. */
export const collectorConfigName = 'collector.yml';
export const certificateBundleName = 'token.crt';

/** Ports inside when they are published. */
export const insidePorts = { registry: 5000, http: 8080, https: 8443 } as const;

export interface ServiceWanted {
  readonly region: string;
  readonly image: string;
  readonly placement: Placement;
  readonly shared: (target: string, readOnly: boolean) => Mount;
}

const common = {
  environment: [],
  restart: 'unless-stopped',
  noNewPrivileges: true,
  pidsLimit: 512,
  log: { maxBytes: 10_000_000, files: 3 },
} as const;

/** To bind, to become nobody, to give its sockets to the control plane, to signal its workers. */
const edgeCapabilities = ['SETUID', 'SETGID', 'NET_BIND_SERVICE', 'DAC_OVERRIDE', 'CHOWN', 'KILL'];

/** The edge: binds as root, works as nobody; it can write nowhere but into the shared folder. */
export function edgeSpec(
  wanted: ServiceWanted & { readonly http: number; readonly https: number; readonly owner: Owner },
): ContainerSpec {
  const { region, image, placement, owner } = wanted;
  const masterSocket = `${edgeFolder}/${masterSocketName},mode,600,uid,${owner.uid},gid,${owner.gid}`;
  return {
    ...common,
    name: `patr-${region}-edge`,
    image,
    // Ports and address are in its files; as a label they make a change of them a change of the container.
    labels: { ...labelsOf(region, 'edge'), [label.ports]: placeWords(wanted) },
    // A master that keeps the sockets and workers that serve, so that a reload closes nothing.
    entrypoint: ['haproxy'],
    command: ['-W', '-db', '-S', masterSocket, '-f', `${edgeFolder}/${configName}`],
    user: '0:0',
    network: placement.network,
    mounts: [wanted.shared(edgeFolder, false)],
    ports: [
      ...placement.publish(wanted.http, insidePorts.http, placement.edgeAddress),
      ...placement.publish(wanted.https, insidePorts.https, placement.edgeAddress),
    ],
    capabilities: { drop: ['ALL'], add: edgeCapabilities },
    readOnlyRoot: true,
  };
}

function placeWords(wanted: ServiceWanted & { readonly http: number; readonly https: number }): string {
  const { edgeAddress } = wanted.placement;
  const address = isLoopback(edgeAddress) ? '' : `,${edgeAddress}`;
  return `${wanted.http},${wanted.https}${address}`;
}

/** The registry, with its blobs in a volume of the region. */
export function registrySpec(
  wanted: ServiceWanted & {
    readonly port: number;
    /** Changes whenever its files do: they are read only at the start. */
    readonly settings: string;
  },
): ContainerSpec {
  const { region, image, placement } = wanted;
  return {
    ...common,
    // Version 3 sends traces to a collector unless it is told not to.
    environment: ['OTEL_TRACES_EXPORTER=none'],
    name: `patr-${region}-registry`,
    image,
    labels: { ...labelsOf(region, 'registry'), [label.settings]: wanted.settings },
    entrypoint: ['/bin/registry'],
    command: ['serve', `${registryFolder}/${registryConfigName}`],
    user: '0:0',
    network: placement.network,
    mounts: [
      wanted.shared(registryFolder, true),
      { kind: 'volume', source: blobVolumeName(region), target: registryStorage, readOnly: false },
    ],
    ports: placement.publish(wanted.port, insidePorts.registry),
    capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE'] },
    readOnlyRoot: true,
  };
}

/**
 * The registry's program beside the registry, on the same blobs. `survey`: it looks and can change nothing.
 * `entrance`: it serves those who know its port. `sweep`: it removes what no manifest needs.
 */
export function collectorSpec(
  wanted: ServiceWanted & { readonly task: 'survey' | 'entrance' | 'sweep' },
): ContainerSpec {
  const { region, image, placement, task } = wanted;
  const config = `${registryFolder}/${collectorConfigName}`;
  const commands = {
    survey: ['garbage-collect', '--dry-run', config],
    entrance: ['serve', config],
    sweep: ['garbage-collect', config],
  };
  const role = task === 'survey' ? 'survey' : 'collector';
  return {
    ...common,
    restart: 'no',
    environment: ['OTEL_TRACES_EXPORTER=none'],
    name: collectorName(region, role),
    image,
    labels: labelsOf(region, role),
    entrypoint: ['/bin/registry'],
    command: commands[task],
    user: '0:0',
    network: task === 'entrance' ? placement.network : 'none',
    mounts: [
      wanted.shared(registryFolder, true),
      {
        kind: 'volume',
        source: blobVolumeName(region),
        target: registryStorage,
        readOnly: task === 'survey',
      },
    ],
    ports: [],
    capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE'] },
    readOnlyRoot: true,
    // Its output is the answer: a line for each manifest and blob.
    log: { maxBytes: 200_000_000, files: 1 },
  };
}

export function collectorName(region: string, role: 'survey' | 'collector'): string {
  return `patr-${region}-${role}`;
}

export function blobVolumeName(region: string): string {
  return `patr-${region}-blobs`;
}
