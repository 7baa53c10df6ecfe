/** What the running proxy says of itself, parsed. Lines that are not understood are left out. */
export interface RunningServer {
  readonly slot: number;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly state: 'ready' | 'drain' | 'maintenance';
}

export interface ServerLoad {
  /** Requests being served now. */
  readonly current: number;
}

export interface SlotTotals {
  readonly requests: number;
  readonly failures: number;
}

const maintenanceBits = 0x01 | 0x02 | 0x04 | 0x20;
const drainBits = 0x08 | 0x10;

/** Reads `show servers state`: one line per server after a version and a header line. */
export function parseServersState(text: string): RunningServer[] {
  const lines = text.split('\n');
  const header = (lines.find((line) => line.startsWith('# ')) ?? '').slice(2).split(' ');
  const column = (name: string): number => header.indexOf(name);
  const [backend, server, address, admin, weight, port] = [
    column('be_name'),
    column('srv_name'),
    column('srv_addr'),
    column('srv_admin_state'),
    column('srv_uweight'),
    column('srv_port'),
  ] as const;
  return lines.flatMap((line): RunningServer[] => {
    const fields = line.split(' ');
    const slot = slotOf(fields[backend] ?? '');
    const name = fields[server];
    if (slot === undefined || name === undefined) return [];
    const bits = Number(fields[admin]);
    const draining = (bits & drainBits) !== 0 || fields[weight] === '0';
    const state = (bits & maintenanceBits) !== 0 ? 'maintenance' : draining ? 'drain' : 'ready';
    return [{ slot, name, address: fields[address] ?? '', port: Number(fields[port]), state }];
  });
}

/** Reads `show map`: an identifier, the key, and the value of each entry. */
export function parseMap(text: string): Map<string, string> {
  const entries = text.split('\n').flatMap((line): [string, string][] => {
    const [, key, value] = line.split(' ');
    return key === undefined || value === undefined ? [] : [[key, value]];
  });
  return new Map(entries);
}

/** Reads the table of `show stat`: by slot its totals and the load of each server. */
export function parseStat(text: string): Map<number, SlotTotals & { servers: Map<string, ServerLoad> }> {
  const [head = '', ...rows] = text.split('\n');
  const header = head.replace(/^# /, '').split(',');
  const found = new Map<number, SlotTotals & { servers: Map<string, ServerLoad> }>();
  for (const row of rows) {
    const fields = row.split(',');
    const value = (name: string): string => fields[header.indexOf(name)] ?? '';
    const count = (name: string): number => Number(value(name) || 0);
    const slot = slotOf(value('pxname'));
    if (slot === undefined) continue;
    const known = found.get(slot) ?? { requests: 0, failures: 0, servers: new Map<string, ServerLoad>() };
    if (value('svname') === 'BACKEND') {
      // Connections that failed in the end, and answers that broke off; retried ones are no failures.
      found.set(slot, { ...known, requests: count('req_tot'), failures: count('econ') + count('eresp') });
    } else {
      known.servers.set(value('svname'), { current: count('scur') });
      found.set(slot, known);
    }
  }
  return found;
}

export function slotOf(name: string): number | undefined {
  const match = /^slot(\d+)$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
