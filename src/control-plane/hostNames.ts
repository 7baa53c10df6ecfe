import type { Address, PortType } from '../protocol/shapes/deployment.ts';
import { isLoopback } from './placement.ts';
import type { PublishedAt } from './publicPort.ts';

/** Longest label that DNS allows. */
const longest = 63;
/** What `portHost` makes: a deployment's name must never be able to claim the address of another one. */
const portName = /^\d+-[0-9a-f]{32}$/;

/**
 * The DNS label of a deployment's name: lower-case letters, digits and hyphens, at most 63 characters.
 * Absent when nothing usable is left of it, or when it would read as the per-port name of a deployment.
 */
export function nameLabel(name: string): string | undefined {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, longest)
    .replaceAll(/^-+|-+$/g, '');
  return label === '' || portName.test(label) ? undefined : label;
}

/** Ports of type http, ascending. The first one is the one that the deployment's name leads to. */
export function httpPorts(ports: Readonly<Record<string, PortType>>): readonly number[] {
  return Object.entries(ports)
    .filter(([, type]) => type === 'http')
    .map(([port]) => Number(port))
    .toSorted((a, b) => a - b);
}

/** `<port>-<deploymentId>.<domain>`, the name that no other deployment can have. */
export function portHost(port: number, deploymentId: string, domain: string): string {
  return `${port}-${deploymentId}.${domain}`;
}

export interface Named {
  readonly deploymentId: string;
  /** Label of its name when it is the one that has it; the later of two with the same label has none. */
  readonly hostLabel: string | undefined;
  readonly ports: Readonly<Record<string, PortType>>;
  /** Such as `localhost`. */
  readonly domain: string;
}

/** Every host name of a deployment by http port; the name for people comes first where there is one. */
export function hostsByPort(named: Named): ReadonlyMap<number, readonly string[]> {
  const ports = httpPorts(named.ports);
  return new Map(
    ports.map((port, index) => {
      const own = portHost(port, named.deploymentId, named.domain);
      const forPeople =
        index === 0 && named.hostLabel !== undefined ? [`${named.hostLabel}.${named.domain}`] : [];
      return [port, [...forPeople, own]];
    }),
  );
}

/** Where the edge answers; absent while it does not. */
export interface EdgePorts {
  readonly httpPort: number;
  readonly httpsPort: number;
}

/**
 * Public addresses of a deployment, best first. `published` tells where tcp and udp ports of its instances are reached;
 * without it they have no address yet. `publicHost`: what leads to the machine, for those that others reach.
 */
export function addressesOf(
  named: Named,
  edge: EdgePorts | undefined,
  published: readonly PublishedAt[] = [],
  publicHost: string = '127.0.0.1',
): readonly Address[] {
  const http = edge === undefined ? [] : httpAddresses(named, edge);
  const others = Object.entries(named.ports)
    .filter(([, type]) => type !== 'http')
    .flatMap(([key, type]): Address[] => {
      const own = published.filter(({ port }) => port === Number(key));
      return own.map(({ port, hostAddress, hostPort: publicPort }) => {
        const host = isLoopback(hostAddress) ? hostAddress : publicHost;
        return { port, type, host, publicPort };
      });
    });
  return [...http, ...others];
}

function httpAddresses(named: Named, edge: EdgePorts): Address[] {
  return Array.from(hostsByPort(named)).flatMap(([port, hosts]) =>
    hosts.flatMap((host): Address[] => [
      { port, type: 'http', url: url('http', host, edge.httpPort) },
      { port, type: 'http', url: url('https', host, edge.httpsPort) },
    ]),
  );
}

function url(scheme: 'http' | 'https', host: string, port: number): string {
  const usual = scheme === 'http' ? 80 : 443;
  return port === usual ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}
