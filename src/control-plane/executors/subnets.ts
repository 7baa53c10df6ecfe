/** IPv4 networks as numbers: first address and number of addresses. */
interface Range {
  readonly first: number;
  readonly size: number;
}

/** Reads `10.1.2.0/24`; anything else (IPv6 among it) takes no room here. */
function parse(subnet: string): Range | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(subnet);
  if (match === null) return undefined;
  const bytes = match.slice(1, 5).map(Number);
  const prefix = Number(match[5]);
  if (prefix > 32 || bytes.some((byte) => byte > 255)) return undefined;
  const size = 2 ** (32 - prefix);
  const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return { first: address - (address % size), size };
}

function format(first: number, prefix: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join('.')}/${prefix}`;
}

/**
 * The first block of the pool that overlaps none of the taken ones. Networks get explicit small subnets, because an
 * engine's own pools hold about thirty. `undefined`: the pool is full.
 */
export function freeSubnet(pool: string, prefix: number, taken: readonly string[]): string | undefined {
  const whole = parse(pool);
  if (whole === undefined) return undefined;
  const size = 2 ** (32 - prefix);
  const ranges = taken.flatMap((subnet) => parse(subnet) ?? []);
  for (let first = whole.first; first + size <= whole.first + whole.size; first += size) {
    const overlaps = ranges.some((range) => first < range.first + range.size && range.first < first + size);
    if (!overlaps) return format(first, prefix);
  }
  return undefined;
}
