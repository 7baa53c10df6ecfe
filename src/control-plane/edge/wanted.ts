import type { TrafficLimits } from '../../protocol/shapes/trafficLimits.ts';
import type { AppProtocol, DeploymentRoutes, Member, PortRoute } from './contract.ts';
import { pathEnd } from './haproxyConfig.ts';
import { serverLimit } from './limitRules.ts';
import type { RunningServer } from './proxyState.ts';

/** What a proxy shall be: names to slots, and the servers of each slot. */
export interface SlotPlan {
  readonly slot: number;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly members: readonly Member[];
  readonly limits: TrafficLimits;
}

/** Which slot each route has, by `<deploymentId>:<port>`. */
export type Assignments = ReadonlyMap<string, number>;

export function routeKey(deploymentId: string, port: number): string {
  return `${deploymentId}:${port}`;
}

/** The key of a host in the map: its whole site. */
export function mapKey(host: string): string {
  return `${host}/`;
}

/** The key of everything at or below a path. */
export function prefixKey(host: string, path: string): string {
  return path === '/' ? mapKey(host) : `${host}${path}/`;
}

/** The keys of a path alone, with a slash at its end and without. */
export function exactKeys(host: string, path: string): readonly string[] {
  return path === '/' ? [`${host}/${pathEnd}`] : [`${host}${path}${pathEnd}`, `${host}${path}/${pathEnd}`];
}

const marks: Readonly<Record<AppProtocol, string>> = { http1: 'i', h2c: 'h' };

/**
 * Name of an instance's server. Instance ids are the engine's, which a command can carry as they are. What a server
 * is spoken to in cannot be changed while it runs, so it is part of the name: another protocol is another server.
 */
export function serverName({
  instanceId,
  protocol = 'http1',
}: Pick<Member, 'instanceId' | 'protocol'>): string {
  return `${marks[protocol]}${instanceId}`;
}

export function instanceOf(name: string): string | undefined {
  return /^[ih]/.test(name) ? name.slice(1) : undefined;
}

/** Members whose protocol is not known go on with the one that they had. */
export function withKnownProtocols(
  routes: DeploymentRoutes,
  before: DeploymentRoutes | undefined,
): DeploymentRoutes {
  const complete = ({ port, members, ...rest }: PortRoute): PortRoute => {
    const known = before?.ports.find((route) => route.port === port)?.members ?? [];
    const protocolOf = ({ instanceId, protocol }: Member): AppProtocol =>
      protocol ?? known.find((member) => member.instanceId === instanceId)?.protocol ?? 'http1';
    return { ...rest, port, members: members.map((member) => ({ ...member, protocol: protocolOf(member) })) };
  };
  return { ...routes, ports: routes.ports.map(complete) };
}

/** Gives every route of the deployment a slot, keeping those it has. `undefined`: there are not enough. */
export function assign(
  routes: DeploymentRoutes,
  assignments: Assignments,
  slots: number,
): Map<string, number> | undefined {
  const taken = new Set(assignments.values());
  const next = new Map(assignments);
  const wanted = new Set(routes.ports.map(({ port }) => routeKey(routes.deploymentId, port)));
  for (const key of assignments.keys()) {
    if (key.startsWith(`${routes.deploymentId}:`) && !wanted.has(key)) next.delete(key);
  }
  let candidate = 0;
  for (const key of wanted) {
    if (next.has(key)) continue;
    while (taken.has(candidate)) candidate += 1;
    if (candidate >= slots) return undefined;
    taken.add(candidate);
    next.set(key, candidate);
  }
  return next;
}

export type ServerChange =
  | {
      readonly kind: 'add';
      readonly name: string;
      readonly protocol: AppProtocol;
      readonly address: string;
      readonly port: number;
      readonly state: 'ready' | 'drain';
      readonly limit: number;
    }
  | {
      readonly kind: 'move';
      readonly name: string;
      readonly address: string;
      readonly port: number;
      readonly state: 'ready' | 'drain';
    }
  | { readonly kind: 'state'; readonly name: string; readonly state: 'ready' | 'drain' }
  | { readonly kind: 'remove'; readonly name: string };

/**
 * Steps from the servers that a slot has to those it shall have. What begins to take traffic comes first, then what
 * moves, drains and goes, so that the slot is never empty between.
 */
export function serverChanges(plan: SlotPlan, running: readonly RunningServer[]): ServerChange[] {
  const wanted = new Map(plan.members.map((member) => [serverName(member), member]));
  const there = new Map(
    running.filter(({ slot }) => slot === plan.slot).map((server) => [server.name, server]),
  );
  const limit = serverLimit(plan.limits);
  const changes: ServerChange[] = [];
  for (const [name, { address, state, protocol = 'http1' }] of wanted) {
    const server = there.get(name);
    if (server === undefined) {
      changes.push({ kind: 'add', name, protocol, address, port: plan.port, state, limit });
    } else if (server.address !== address || server.port !== plan.port) {
      // An instance that was started again has another address, and connections may still hang on the old one.
      changes.push({ kind: 'move', name, address, port: plan.port, state });
    } else if (server.state !== state) changes.push({ kind: 'state', name, state });
  }
  const gone = Array.from(there.keys()).filter((name) => !wanted.has(name));
  const all = [...changes, ...gone.map((name): ServerChange => ({ kind: 'remove', name }))];
  return all.toSorted((a, b) => order(a) - order(b));
}

function order(change: ServerChange): number {
  if (change.kind === 'remove') return 3;
  if (change.state === 'drain') return 2;
  return change.kind === 'move' ? 1 : 0;
}
