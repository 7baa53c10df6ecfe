import type { StatusClasses, AnswerTotals } from './contract.ts';
import { publicName } from './haproxyConfig.ts';

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
  /** Since it became a member. */
  readonly requests: number;
  readonly answers: StatusClasses;
}

export const noTraffic: AnswerTotals = { requests: 0, failures: 0, answers: [0, 0, 0, 0, 0] };

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

type Row = (column: string) => string;

function statRows(text: string): Row[] {
  const [head = '', ...lines] = text.split('\n');
  const columns = new Map(
    head
      .replace(/^# /, '')
      .split(',')
      .map((name, index) => [name, index]),
  );
  return lines.map((line) => {
    const fields = line.split(',');
    return (column) => fields[columns.get(column) ?? -1] ?? '';
  });
}

/** Reads from `show stat` how many requests each server has at once at the most; 0: nothing was said. */
export function parseServerLimits(text: string): ReadonlyMap<string, number> {
  return new Map(statRows(text).map((row) => [row('svname'), Number(row('slim') || 0)]));
}

/** Reads from `get var` the text of a variable; absent: there is none. */
export function parseVariable(text: string): string | undefined {
  return /^\S+: type=str value=<(.*)>$/m.exec(text)?.[1];
}

/** Reads from `show stat` how many connections of clients a worker has. */
export function parseOpenConnections(text: string): number {
  const frontend = statRows(text).find((row) => row('pxname') === publicName && row('svname') === 'FRONTEND');
  return Number(frontend?.('scur') ?? 0);
}

/** A slot's totals, and the load of each of its servers. */
export type SlotStat = AnswerTotals & { readonly servers: Map<string, ServerLoad> };

/** Reads the table of `show stat`: by slot its totals and the load of each server. */
export function parseStat(text: string): Map<number, SlotStat> {
  const found = new Map<number, SlotStat>();
  for (const value of statRows(text)) {
    const count = (name: string): number => Number(value(name) || 0);
    const slot = slotOf(value('pxname'));
    if (slot === undefined) continue;
    const known = found.get(slot) ?? { ...noTraffic, servers: new Map<string, ServerLoad>() };
    const answers: StatusClasses = [
      count('hrsp_1xx'),
      count('hrsp_2xx'),
      count('hrsp_3xx'),
      count('hrsp_4xx'),
      count('hrsp_5xx'),
    ];
    if (value('svname') === 'BACKEND') {
      // Requests without a ready instance (dreq), connections that failed after all retries (econ), answers that never
      // came, came wrong or broke off (eresp; version 3 counts an answer that never came twice).
      const failures = count('dreq') + count('econ') + count('eresp');
      found.set(slot, { ...known, requests: count('req_tot'), failures, answers });
    } else {
      known.servers.set(value('svname'), { current: count('scur'), requests: count('req_tot'), answers });
      found.set(slot, known);
    }
  }
  return found;
}

export function slotOf(name: string): number | undefined {
  const match = /^slot(\d+)$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
