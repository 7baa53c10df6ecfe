import {
  mapFile,
  proxiedBackend,
  redirectBackend,
  serverWords,
  slotName,
  type MapName,
} from './haproxyConfig.ts';
import type { EdgeFiles } from './edgeFiles.ts';
import type { DeploymentRoutes } from './contract.ts';
import type { EdgeWish } from './edgeWish.ts';
import { limitMapNames, serverLimit } from './limitRules.ts';
import { parseMap, parseServerLimits, parseServersState, type RunningServer } from './proxyState.ts';
import { entry, word, type RuntimeApi, type Waiting } from './runtimeApi.ts';
import { serverChanges, serverName, type ServerChange, type SlotPlan } from './wanted.ts';

/** A worker, and what it shall be like. */
export interface Proxy {
  readonly api: RuntimeApi;
  readonly files: EdgeFiles;
  readonly wish: EdgeWish;
}

/**
 * Brings the worker to the wish of one deployment, from whatever it shows, without a reload: servers first, then
 * names, then what nobody wants any more.
 */
export async function bring(proxy: Proxy, routes: DeploymentRoutes, options: Waiting): Promise<void> {
  const { api, wish } = proxy;
  const running = parseServersState(await api.ask('show servers state', options));
  for (const plan of wish.plans(routes)) {
    for (const change of serverChanges(plan, running)) await changeServer(api, plan.slot, change, options);
    await limitServers(api, plan, options);
  }
  await bringMaps(proxy, options);
  await emptyFreeSlots(proxy, running, options);
}

async function changeServer(
  api: RuntimeApi,
  slot: number,
  change: ServerChange,
  options: Waiting,
): Promise<void> {
  const name = `${slotName(slot)}/${word(change.name)}`;
  switch (change.kind) {
    case 'state':
      return setState(api, name, change.state, options);
    case 'remove':
      return removeServer(api, name, options);
    case 'move': {
      const { address, port, state } = change;
      await api.tell(`set server ${name} state maint`, /^$/, options);
      const changed = /changed|no need to change/i;
      await api.tell(`set server ${name} addr ${word(address)} port ${word(port)}`, changed, options);
      return setState(api, name, state, options);
    }
    case 'add': {
      const target = `${word(change.address)}:${word(change.port)}`;
      const words = `add server ${name} ${target} weight 100 maxconn ${change.limit} ${serverWords(change.protocol)}`;
      await api.tell(words, /new server registered/i, options);
      return setState(api, name, change.state, options);
    }
  }
}

/** Brings the members that were there before to the limit of requests. Those that wait are let in at once. */
async function limitServers(
  api: RuntimeApi,
  { slot, members, limits }: SlotPlan,
  options: Waiting,
): Promise<void> {
  const limit = serverLimit(limits);
  const there = parseServerLimits(await api.ask(`show stat ${slotName(slot)} 4 -1`, options));
  for (const member of members) {
    const name = serverName(member);
    if (there.get(name) === limit) continue;
    await api.tell(`set maxconn server ${slotName(slot)}/${word(name)} ${limit}`, /^$/, options);
  }
}

async function setState(
  api: RuntimeApi,
  name: string,
  state: 'ready' | 'drain',
  options: Waiting,
): Promise<void> {
  // Whatever the configuration said at the last start, a ready server has its full weight.
  if (state === 'ready') await api.tell(`set server ${name} weight 100`, /^$/, options);
  await api.tell(`set server ${name} state ${state}`, /^$/, options);
}

/**
 * Nothing new reaches it from now on; what it has goes on until the instance ends. One with connections attached
 * cannot be deleted yet: it stays in maintenance, and a later change deletes it.
 */
async function removeServer(api: RuntimeApi, name: string, options: Waiting): Promise<void> {
  await api.tell(`set server ${name} state maint`, /^$/, options);
  await api.tell(`del server ${name}`, /deleted|still has|cannot|only servers in maintenance/i, options);
}

type Entries = ReadonlyMap<string, string>;

/**
 * Brings the maps to the wish. Limits and targets of URLs are there before a name leads to them. What only a request
 * that is on its way may still look for goes with the next change.
 */
export async function bringMaps(proxy: Proxy, options: Waiting): Promise<void> {
  const wanted = proxy.wish.maps();
  for (const map of limitMapNames) {
    const difference = { there: await entriesOf(proxy, map, options), wanted: wanted[map] };
    await fill(proxy, map, difference, options);
    await removeBut(proxy, map, difference, options);
  }
  const hosts = await entriesOf(proxy, 'hosts', options);
  for (const map of ['redirects', 'proxied'] as const) {
    const there = await entriesOf(proxy, map, options);
    // What a name leads to now stays on, until the change after the one that takes the name away.
    const kept = new Map(Array.from(there).filter(([key]) => readsFrom(map, hosts.get(key))));
    await removeBut(proxy, map, { there, wanted: new Map([...kept, ...wanted[map]]) }, options);
    await fill(proxy, map, { there, wanted: wanted[map] }, options);
  }
  await fill(proxy, 'hosts', { there: hosts, wanted: wanted.hosts }, options);
  await removeBut(proxy, 'hosts', { there: hosts, wanted: wanted.hosts }, options);
}

function readsFrom(map: 'redirects' | 'proxied', backend: string | undefined): boolean {
  return [true, false].some(
    (flag) => backend === { redirects: redirectBackend, proxied: proxiedBackend }[map](flag),
  );
}

/** Takes names away that nobody wants any more, and changes nothing else. */
export async function withdrawNames(proxy: Proxy, options: Waiting): Promise<void> {
  const there = await entriesOf(proxy, 'hosts', options);
  await removeBut(proxy, 'hosts', { there, wanted: proxy.wish.maps().hosts }, options);
}

async function entriesOf({ api, files }: Proxy, map: MapName, options: Waiting): Promise<Entries> {
  return parseMap(await api.ask(`show map ${files.inside(mapFile(map))}`, options));
}

interface Difference {
  readonly there: Entries;
  readonly wanted: Entries;
}

async function fill(
  { api, files }: Proxy,
  map: MapName,
  { there, wanted }: Difference,
  options: Waiting,
): Promise<void> {
  const file = files.inside(mapFile(map));
  for (const [key, value] of wanted) {
    const current = there.get(key);
    if (current === value) continue;
    const verb = current === undefined ? 'add' : 'set';
    await api.tell(`${verb} map ${file} ${entry(key)} ${entry(value)}`, /^$/, options);
  }
}

async function removeBut(
  { api, files }: Proxy,
  map: MapName,
  { there, wanted }: Difference,
  options: Waiting,
): Promise<void> {
  const file = files.inside(mapFile(map));
  for (const key of there.keys()) {
    if (!wanted.has(key)) await api.tell(`del map ${file} ${entry(key)}`, /^$/, options);
  }
}

/** Servers of slots that nobody has any more. */
async function emptyFreeSlots(
  { api, wish }: Proxy,
  running: readonly RunningServer[],
  options: Waiting,
): Promise<void> {
  for (const { slot, name } of running) {
    if (wish.isFree(slot)) await removeServer(api, `${slotName(slot)}/${word(name)}`, options);
  }
}
