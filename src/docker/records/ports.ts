import type { PublishedPort } from '../engine.ts';
import { list, number, record, text } from './facts.ts';

type Protocol = 'tcp' | 'udp';

/** `8080/tcp` as an inspection and an image's configuration have it. */
export function parsePortKey(key: string): { port: number; protocol: Protocol } | undefined {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(key);
  const port = Number(match?.[1]);
  if (match === null || port < 1 || port > 65535) return undefined;
  return { port, protocol: match[2] === 'udp' ? 'udp' : 'tcp' };
}

/** Published ports of a list record: `[{ IP, PrivatePort, PublicPort, Type }]`; unpublished ones have no public port. */
export function portsOfList(value: unknown): PublishedPort[] {
  return list(value).flatMap((item) => {
    const raw = record(item);
    const hostPort = number(raw['PublicPort']);
    const containerPort = number(raw['PrivatePort']);
    if (hostPort === undefined || containerPort === undefined) return [];
    return [
      {
        hostAddress: text(raw['IP']) ?? '0.0.0.0',
        hostPort,
        containerPort,
        protocol: protocolOf(raw['Type']),
      },
    ];
  });
}

/** Published ports of an inspection: `{ "80/tcp": [{ HostIp, HostPort }] | null }`. */
export function portsOfInspection(value: unknown): PublishedPort[] {
  return Object.entries(record(value)).flatMap(([key, bindings]) => {
    const inside = parsePortKey(key);
    if (inside === undefined) return [];
    return list(bindings).flatMap((item) => {
      const raw = record(item);
      const hostPort = Number(text(raw['HostPort']) ?? Number.NaN);
      if (!Number.isInteger(hostPort)) return [];
      const hostAddress = text(raw['HostIp']) ?? '0.0.0.0';
      return [{ hostAddress, hostPort, containerPort: inside.port, protocol: inside.protocol }];
    });
  });
}

function protocolOf(value: unknown): Protocol {
  return value === 'udp' ? 'udp' : 'tcp';
}
