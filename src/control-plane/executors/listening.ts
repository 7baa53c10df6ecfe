/** State of a listening socket in the kernel's tables. */
const listen = '0A';

/**
 * Ports that somebody listens on, out of the kernel's `/proc/net/tcp` and `tcp6` tables, ascending. Sockets bound to
 * loopback are left out: nobody outside of the instance can reach them.
 */
export function parseListening(tables: string): {
  readonly reachable: number[];
  readonly loopback: number[];
} {
  const reachable = new Set<number>();
  const loopback = new Set<number>();
  for (const line of tables.split('\n')) {
    const [, local, , state] = line.trim().split(/\s+/);
    if (state !== listen || local === undefined) continue;
    const [address = '', port = ''] = local.split(':');
    const number = Number.parseInt(port, 16);
    if (!Number.isInteger(number) || number === 0) continue;
    (isLoopback(address) ? loopback : reachable).add(number);
  }
  const sorted = (ports: Set<number>): number[] => Array.from(ports).toSorted((a, b) => a - b);
  return { reachable: sorted(reachable), loopback: sorted(loopback).filter((port) => !reachable.has(port)) };
}

/** Addresses are in the kernel's byte order: the last byte pair of an IPv4 address is its first number. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  return address === '00000000000000000000000001000000' || address.endsWith('FFFF00000100007F');
}
