/** Ports of the machine that tcp and udp ports of deployments are reached at, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A tcp or udp port of one slot of a deployment. */
export interface SlotPort {
  readonly deploymentId: string;
  readonly port: number;
  readonly ordinal: number;
}

/** How a public region publishes tcp and udp ports. */
export interface Publishing {
  /** Address of the machine that they are published at. */
  readonly address: string;
  readonly ports: PortRange;
}

/** Where a tcp or udp port of an instance is reached: an address of the machine, and a port there. */
export interface PublishedAt {
  readonly port: number;
  readonly hostAddress: string;
  readonly hostPort: number;
}

/** Reads `20000-20999`. Undefined: it is no range of ports. */
export function portRange(text: string): PortRange | undefined {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : undefined;
}
