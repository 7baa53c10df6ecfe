import { createClient, type Api, type CallName } from '../../src/client/client.ts';
import type { OpenSocket } from '../../src/client/connection.ts';
import { careful } from '../../src/client/generations/careful.ts';
import type { Generation } from '../../src/client/generations/dialect.ts';
import { endpoints } from '../../src/protocol/endpoints.ts';
import { handClock } from './handClock.ts';
import { dialects, jsonCalls, meantForPeople } from './patr/calls.ts';
import { openServerOf } from './patr/servers.ts';

/** What came of answers that nobody should send. `wrong`: an error that is not meant for people. */
export interface FuzzOutcome {
  understood: number;
  refused: number;
  readonly wrong: string[];
}

/** Numbers from 0 to 1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Chance = () => number;
const pick = <T>(all: readonly T[], chance: Chance): T => all[Math.floor(chance() * all.length)] as T;

const texts = ['', 'x', '1'.repeat(32), '\0', '🙂', 'sha256:', 'eclipse', '2024-10-22 09:15:04 +00:00:00'];

/** Any JSON value, of a few levels. */
export function anything(chance: Chance, fields: readonly string[], depth = 0): unknown {
  const kind = Math.floor(chance() * (depth > 3 ? 5 : 7));
  if (kind === 0) return null;
  if (kind === 1) return chance() * 1e20 - 5e19;
  if (kind === 2) return chance() < 0.5;
  if (kind === 3) return pick(texts, chance);
  if (kind === 4) return {};
  const length = Math.floor(chance() * 5);
  const inner = (): unknown => anything(chance, fields, depth + 1);
  if (kind === 5) return Array.from({ length }, inner);
  return Object.fromEntries(Array.from({ length }, () => [pick(fields, chance), inner()]));
}

const fields = ['success', 'deployments', 'logs', 'regions', 'id', 'name', 'ports', 'error', '__proto__'];

/** A right answer in which something was lost, added, or changed for something else. */
function nearly(value: unknown, chance: Chance): unknown {
  if (chance() < 0.06) return anything(chance, fields);
  if (Array.isArray(value)) {
    const rows = value.map((row) => nearly(row, chance));
    return chance() < 0.1 ? [...rows, anything(chance, fields)] : rows;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(() => chance() > 0.04);
  const odd = chance() < 0.2 ? [[pick(fields, chance), anything(chance, fields)] as const] : [];
  return Object.fromEntries([...kept.map(([key, one]) => [key, nearly(one, chance)] as const), ...odd]);
}

/** What each endpoint of a server of this generation answers, where it does, as text with its status. */
async function rightAnswers(
  generation: Generation,
): Promise<Map<CallName, { status: number; text: string }>> {
  const server = await openServerOf[generation]();
  const found = new Map<CallName, { status: number; text: string }>();
  let now: CallName = 'getServerInfo';
  const noting: typeof fetch = async (url, init) => {
    const response = await fetch(url, init);
    const text = response.status === 205 ? '' : await response.clone().text();
    found.set(now, { status: response.status, text });
    return response;
  };
  const api = apiOf(generation, noting, { url: server.url, token: server.token });
  const { workspaces } = await api.listWorkspaces();
  const params: Record<string, string> = { workspaceId: workspaces[0]?.id ?? '' };
  const { runners } = await api.listRunners({ params: { workspaceId: params['workspaceId']! } });
  const { machineTypes } = await api.listMachineTypes({ params: { workspaceId: params['workspaceId']! } });
  const { id } = await api.createDeployment({
    params: { workspaceId: params['workspaceId']! },
    body: {
      name: 'shop api',
      registry: 'docker.io',
      imageName: 'library/nginx',
      imageTag: '1.27',
      runner: runners[0]!.id,
      machineType: machineTypes[0]!.id,
      deployOnPush: false,
      deployOnCreate: false,
      minHorizontalScale: 1,
      maxHorizontalScale: 3,
      ports: { 80: 'http' },
      environmentVariables: { MODE: 'prod' },
      startupProbe: { port: 80, path: '/' },
    },
  });
  params['deploymentId'] = id;
  const reads = jsonCalls.filter((name) => endpoints[name].method === 'GET');
  for (const name of reads) {
    now = name;
    await callOf(api, name, params).catch(() => undefined);
  }
  await server.close();
  return found;
}

function callOf(api: Api, name: CallName, known: Record<string, string> = {}): Promise<unknown> {
  const params = new Proxy(known, { get: (all, key) => all[String(key)] ?? '1'.repeat(32) });
  return (api[name] as (given: unknown) => Promise<unknown>)({ params, body: {} });
}

function apiOf(
  generation: Generation,
  fetching: typeof fetch,
  changes: { url?: string; token?: string; openSocket?: OpenSocket; chance?: Chance } = {},
): Api {
  const connection = {
    url: 'http://127.0.0.1:1',
    token: 'patrv1.secret.id',
    fetch: fetching,
    userAgent: 'test',
    clock: handClock(120_000),
    chance: () => 0,
    timeoutMs: 20_000,
    ...changes,
  };
  const dialect = dialects[generation];
  return careful(createClient(connection, dialect), dialect);
}

const statuses = [200, 200, 200, 201, 202, 206, 299, 302, 400, 404, 418, 429, 500, 502];

/** What a server may send instead of what it should: JSON of any shape, nearly the right one, a part of it, or none. */
function oddAnswer(chance: Chance, right: { status: number; text: string } | undefined): Response {
  const close = right !== undefined && right.text !== '' && chance() < 0.6;
  const value = close ? nearly(JSON.parse(right.text), chance) : anything(chance, fields);
  const text = JSON.stringify(value) ?? '';
  const cut = chance() < 0.15 ? text.slice(0, Math.floor(text.length * chance())) : text;
  const total = chance() < 0.5 ? {} : { 'x-total-count': pick(['0', '3', '1e9', '-1', 'x'], chance) };
  const later = chance() < 0.1 ? { 'retry-after': pick(['1', 'soon', '-5', '99999999'], chance) } : {};
  return new Response(cut, {
    status: close ? right.status : pick(statuses, chance),
    headers: { ...total, ...later },
  });
}

/** Every endpoint of every generation, so many times each. */
export async function fuzzAnswers(
  seed: number,
  rounds: number,
  generation: Generation,
): Promise<FuzzOutcome> {
  const chance = seeded(seed);
  const right = await rightAnswers(generation);
  let now: CallName = 'getServerInfo';
  const api = apiOf(generation, async () => oddAnswer(chance, right.get(now)), { chance });
  const outcome: FuzzOutcome = { understood: 0, refused: 0, wrong: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const name of jsonCalls) {
      now = name;
      await note(outcome, name, callOf(api, name));
    }
  return outcome;
}

/** Every stream, so many times each: lines and frames of any content, cut anywhere. */
export async function fuzzStreams(
  seed: number,
  rounds: number,
  generation: Generation,
): Promise<FuzzOutcome> {
  const chance = seeded(seed);
  const words = ['kind', 'type', 'LogData', 'logs', 'log', 'timestamp', 'id', '__proto__'];
  const line = (): string => {
    const right = [
      '{"kind":"alive"}',
      `{"kind":"deployment","id":"${'1'.repeat(32)}"}`,
      '{"type":"LogData","logs":[{"timestamp":"2024-10-22 09:15:04 +00:00:00","log":"GET / 200"}]}',
      '{"LogData":{"logs":[{"timestamp":"Fri, 15 May 2015 00:00:00 +0000","logs":"x"}]}}',
    ];
    const text = chance() < 0.5 ? pick(right, chance) : (JSON.stringify(anything(chance, words)) ?? '');
    return chance() < 0.2 ? text.slice(0, Math.floor(text.length * chance())) : text;
  };
  const bytes = (): Uint8Array<ArrayBuffer> => {
    const text = Array.from({ length: 1 + Math.floor(chance() * 8) }, line).join('\n');
    const raw = new TextEncoder().encode(`${text}\n`);
    // Bytes that are no text, here and there.
    if (chance() < 0.3) raw[Math.floor(chance() * raw.length)] = 0xff;
    return raw;
  };
  const openSocket: OpenSocket = async function* () {
    if (chance() < 0.1) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' });
    yield '';
    for (let left = Math.floor(chance() * 6); left > 0; left -= 1) yield line();
    if (chance() < 0.3) throw new Error('Invalid WebSocket frame');
  };
  const fetching: typeof fetch = async () =>
    chance() < 0.2 ? oddAnswer(chance, undefined) : new Response(bytes(), { status: 200 });
  const api = apiOf(generation, fetching, { openSocket, chance });
  const outcome: FuzzOutcome = { understood: 0, refused: 0, wrong: [] };
  const at = { workspaceId: '1'.repeat(32), deploymentId: '2'.repeat(32) };
  for (let round = 0; round < rounds; round += 1) {
    await note(outcome, 'followChanges', Array.fromAsync(api.followChanges({ params: at })));
    await note(outcome, 'followLogs', Array.fromAsync(api.followLogs({ params: at })));
    await note(outcome, 'archiveVolumeData', drained(api, at));
  }
  return outcome;
}

async function drained(api: Api, params: { workspaceId: string; deploymentId: string }): Promise<void> {
  const stream = await api.archiveVolumeData({ params });
  await stream.cancel();
}

async function note(outcome: FuzzOutcome, name: string, call: Promise<unknown>): Promise<void> {
  const [settled] = await Promise.allSettled([call]);
  if (settled?.status === 'fulfilled') {
    outcome.understood += 1;
    return;
  }
  const error: unknown = settled?.reason;
  outcome.refused += 1;
  const meant = meantForPeople.some((kind) => error instanceof kind) && /\S/.test((error as Error).message);
  if (!meant)
    outcome.wrong.push(`${name} failed with ${error instanceof Error ? error.stack : String(error)}`);
}
