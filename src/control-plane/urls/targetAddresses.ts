import { BlockList, isIP, isIPv4 } from 'node:net';

/** Where managed URLs may lead of all that a name is found at. */
export interface TargetRule {
  /** `address`: as a resolver gives it; what cannot be read may not be led to. */
  allows(address: string): boolean;
}

/** The region serves its own machine alone: its URLs may lead to what else is on that machine. */
export const anyTarget: TargetRule = { allows: () => true };

/** A network such as `10.0.0.0/8`, or an address alone. */
export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
}

/** IPv4 that is not of the public internet: this machine, its link, private and shared networks, multicast. */
const reserved4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Looks public, and is a cloud's own service at every machine of it.
  ['168.63.129.16', 32],
];

/** Of IPv6 only this is of the public internet, and not what translates or tunnels to addresses inside. */
const global6 = ['2000::', 3] as const;
const reserved6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2002::', 16],
];
/** IPv4 in IPv6, in its short spelling: as sockets have it, and as a network translates it. */
const mapped = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * What URLs of a public region may lead to: addresses of the public internet that are none of this machine, and what
 * its operator allows. `own`: addresses of all the machine's interfaces, asked for at every look.
 */
export function publicTargets(allowed: readonly AddressRange[], own: () => Iterable<string>): TargetRule {
  const operator = listOf(allowed.map(({ address, prefix }) => [address, prefix] as const));
  const reserved = listOf([...reserved4, ...reserved6]);
  const global = listOf([global6]);
  const isHere = (address: string): boolean => {
    for (const one of own()) if (canonical(one) === address) return true;
    return false;
  };
  return {
    allows(text) {
      const address = canonical(text);
      if (address === undefined) return false;
      if (has(operator, address)) return true;
      if (has(reserved, address) || isHere(address)) return false;
      return isIPv4(address) || has(global, address);
    },
  };
}

/** Reads `10.0.0.0/8`, `fd00::/8` or an address alone. Undefined: it is none. */
export function addressRange(text: string): AddressRange | undefined {
  const [address = '', prefix, ...more] = text.split('/');
  const widest = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || address.includes('%') || more.length > 0) return undefined;
  if (prefix === undefined) return { address, prefix: widest };
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= widest
    ? { address, prefix: Number(prefix) }
    : undefined;
}

/** One spelling of each address; IPv4 in IPv6 is what it stands for. Undefined: it cannot be read. */
function canonical(text: string): string | undefined {
  const [bare = ''] = text.split('%');
  const family = isIP(bare);
  if (family !== 6) return family === 4 ? bare : undefined;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, high, low] = mapped.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}

function listOf(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, familyOf(address));
  return list;
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
