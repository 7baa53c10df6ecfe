import { createHash } from 'node:crypto';
import type { ContainerSpec, Mount } from '../docker/engine.ts';
import type { LocalSettings } from './contract.ts';
import {
  containerName,
  kernelFolder,
  networkName,
  ownLabels,
  portLabel,
  sharedFolder,
  sharedNames,
  specLabel,
  stateFolder,
  versionLabel,
  volumeName,
} from './names.ts';

export interface ControlPlaneWanted {
  readonly settings: LocalSettings;
  readonly image: string;
  readonly version: string;
  /** Port of the API on loopback. */
  readonly port: number;
  readonly placement: 'host' | 'bridged';
  /** Version of the kernel's control groups, as far as it is known. */
  readonly cgroups: 1 | 2 | undefined;
  /** Path of the engine's socket on the engine's own host. */
  readonly socket: string;
}

/** A long life at rest: memory that a burst of work needed is not kept for the next one. */
export const nodeFlags = ['--optimize-for-size'] as const;

/** The container of the control plane. Pure, so that the same wish gives the same container. */
export function controlPlaneSpec(wanted: ControlPlaneWanted): ContainerSpec {
  const { settings, image, version, port, placement, cgroups } = wanted;
  const { name } = settings;
  const bridged = placement === 'bridged';
  return {
    name: containerName(name),
    image,
    labels: {
      ...ownLabels(name, 'control-plane'),
      [specLabel]: wishHash(wanted),
      [versionLabel]: version,
      [portLabel]: String(port),
    },
    environment: [],
    command: ['node', ...nodeFlags, '/app/control-plane.mjs', ...commandLine(wanted)],
    // In a network of its own it listens on its own address there, which no instance's network leads to.
    ...(bridged ? { hostname: containerName(name) } : {}),
    network: bridged ? networkName(name) : 'host',
    mounts: [
      { kind: 'bind', source: wanted.socket, target: '/var/run/docker.sock', readOnly: false },
      { kind: 'volume', source: volumeName(name, 'state'), target: stateFolder, readOnly: false },
      ...sharedNames.map((shared) => ({
        kind: 'volume' as const,
        source: volumeName(name, shared),
        target: `${sharedFolder}/${shared}`,
        readOnly: false,
      })),
      // What instances use is read there; behind a virtual machine the engine is asked for it.
      ...(bridged || cgroups === undefined ? [] : kernelMounts(cgroups)),
    ],
    ports: bridged
      ? [{ hostAddress: '127.0.0.1', hostPort: port, containerPort: port, protocol: 'tcp' }]
      : [],
    restart: 'unless-stopped',
    noNewPrivileges: true,
    capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'CHOWN', 'FOWNER'] },
    pidsLimit: 512,
    // It answers also while its instances use every processor.
    cpuShares: 8192,
    stopGraceSeconds: 15,
    log: { maxBytes: 10_000_000, files: 3 },
  };
}

/** File systems of the engine's machine, by where they are brought to: each by itself, so that all of it is read-only. */
const kernelFiles = {
  1: {
    proc: '/proc',
    'cgroup/cpuacct': '/sys/fs/cgroup/cpuacct',
    'cgroup/memory': '/sys/fs/cgroup/memory',
  },
  2: { proc: '/proc', cgroup: '/sys/fs/cgroup' },
} as const;

function kernelMounts(cgroups: 1 | 2): Mount[] {
  return Object.entries(kernelFiles[cgroups]).map(([target, source]) => ({
    kind: 'bind',
    source,
    target: `${kernelFolder}/${target}`,
    readOnly: true,
    recursive: false,
  }));
}

function commandLine({ settings, image, port, placement }: ControlPlaneWanted): string[] {
  const { name, images, ports, httpsRedirect, keep } = settings;
  const values = {
    port: String(port),
    host: placement === 'bridged' ? containerName(name) : '127.0.0.1',
    'state-dir': stateFolder,
    'token-file': `${stateFolder}/token`,
    name,
    placement,
    data: 'volumes',
    'registry-image': images.registry,
    'edge-image': images.edge,
    'registry-port': String(ports.registry),
    'http-port': String(ports.http),
    'https-port': String(ports.https),
    'https-redirect': httpsRedirect ? 'on' : 'off',
    'tool-image': image,
    ...(placement === 'host' ? { 'kernel-files': kernelFolder } : {}),
    'keep-versions': String(keep.versions),
    'keep-days': String(keep.days),
    'log-megabytes': String(keep.logs),
  };
  return Object.entries(values).flatMap(([option, value]) => [`--${option}`, value]);
}

/** All that makes a difference but the port, which may have moved because the preferred one was taken. */
export function wishHash(wanted: Omit<ControlPlaneWanted, 'port'>): string {
  const { settings, image, placement, cgroups, socket } = wanted;
  const wish = JSON.stringify({ settings, image, placement, cgroups, socket });
  return createHash('sha256').update(wish).digest('hex').slice(0, 16);
}
