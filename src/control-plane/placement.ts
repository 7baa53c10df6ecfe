import type { EngineInfo, PublishedPort } from '../docker/engine.ts';

/**
 * Where control plane, registry and edge live. `host`: they share the network of a native Linux host and listen on
 * its loopback; instances are reached directly and reach none of them. `bridged`: the engine is in a machine of its
 * own (Docker Desktop) or rootless; they have a control network, and ports are published on loopback.
 */
export type PlacementKind = 'host' | 'bridged';

export interface Placement {
  readonly kind: PlacementKind;
  /** Network of the registry's and the edge's containers. */
  readonly network: string;
  /** Address that the registry listens on in that network. */
  readonly listen: string;
  /** Address that the edge listens on in that network. */
  readonly edgeListen: string;
  /** Address of the machine that the edge is reached at: loopback unless the region is public. */
  readonly edgeAddress: string;
  /** Port that a service listens on inside, given the one that people reach it at. */
  inside(port: number, usual: number): number;
  publish(hostPort: number, usual: number, hostAddress?: string): readonly PublishedPort[];
}

export const loopback = '127.0.0.1';

/** Whether what listens there is reached from this machine alone. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}

/** Chooses by what the engine is, unless it was chosen. */
export function placementKind(wanted: 'auto' | PlacementKind, info: EngineInfo): PlacementKind {
  if (wanted !== 'auto') return wanted;
  return info.host === 'native' && !info.rootless && info.flavour === 'docker' ? 'host' : 'bridged';
}

export function placementOf(
  kind: PlacementKind,
  regionName: string,
  edgeAddress: string = loopback,
): Placement {
  if (kind === 'host') {
    return {
      kind,
      network: 'host',
      listen: loopback,
      edgeListen: edgeAddress,
      edgeAddress,
      inside: (port) => port,
      publish: () => [],
    };
  }
  return {
    kind,
    network: controlNetworkName(regionName),
    listen: '0.0.0.0',
    edgeListen: '0.0.0.0',
    edgeAddress,
    inside: (_, usual) => usual,
    publish: (hostPort, usual, hostAddress = loopback) => [
      { hostAddress, hostPort, containerPort: usual, protocol: 'tcp' },
    ],
  };
}

export function controlNetworkName(regionName: string): string {
  return `patr-${regionName}`;
}
