import { hostMapName, serverWords, slotName } from './haproxyConfig.ts';
import type { EdgeFiles } from './edgeFiles.ts';
import type { DeploymentRoutes } from './contract.ts';
import type { EdgeWish } from './edgeWish.ts';
import { parseMap, parseServersState, slotOf, type RunningServer } from './proxyState.ts';
import { word, type RuntimeApi, type Waiting } from './runtimeApi.ts';
import { mapKey, serverChanges, type ServerChange, type SlotPlan } from './wanted.ts';

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
  const plans = wish.plans(routes);
  for (const plan of plans) {
    for (const change of serverChanges(plan, running)) await changeServer(api, plan.slot, change, options);
  }
  await addNames(proxy, plans, options);
  await withdrawNames(proxy, routes, options);
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
      const words = `add server ${name} ${target} weight 100 ${serverWords(change.protocol)}`;
      await api.tell(words, /new server registered/i, options);
      return setState(api, name, change.state, options);
    }
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

async function addNames({ api, files }: Proxy, plans: readonly SlotPlan[], options: Waiting): Promise<void> {
  const map = files.inside(hostMapName);
  const there = parseMap(await api.ask(`show map ${map}`, options));
  for (const { slot, hosts } of plans) {
    for (const key of hosts.map(mapKey)) {
      const current = there.get(key);
      if (current === slotName(slot)) continue;
      const verb = current === undefined ? 'add' : 'set';
      await api.tell(`${verb} map ${map} ${word(key)} ${slotName(slot)}`, /^$/, options);
    }
  }
}

/** Removes names of the deployment that it has no more, and those of slots that nobody has. */
export async function withdrawNames(
  { api, files, wish }: Proxy,
  routes: DeploymentRoutes,
  options: Waiting,
): Promise<void> {
  const map = files.inside(hostMapName);
  const there = parseMap(await api.ask(`show map ${map}`, options));
  const plans = wish.plans(routes);
  const wanted = new Set(plans.flatMap(({ hosts }) => hosts.map(mapKey)));
  const others = wish.keysOfOthers(routes.deploymentId);
  for (const [key, value] of there) {
    const slot = slotOf(value);
    const ours = slot !== undefined && (plans.some((plan) => plan.slot === slot) || wish.isFree(slot));
    if (ours && !wanted.has(key) && !others.has(key)) {
      await api.tell(`del map ${map} ${word(key)}`, /^$/, options);
    }
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
