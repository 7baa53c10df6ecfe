import { declaresLimits } from '../../protocol/shapes/trafficLimits.ts';
import type { Desired, Release } from '../domain.ts';
import type { DeploymentRoutes, Member, PortRoute } from '../edge/contract.ts';
import type { ObservedInstance } from '../executors/executor.ts';
import { hostsByPort, httpPorts } from '../hostNames.ts';
import type { Protocols } from '../probes/watchInstance.ts';
import type { Seen } from './plan/model.ts';
import { serves } from './plan/plan.ts';

/**
 * Which instance answers under which name. Every http port of every release that runs has its own names; the name
 * for people leads to the release that has the traffic.
 */
export function routesOf(
  desired: Desired,
  seen: readonly Seen[],
  observed: ReadonlyMap<string, ObservedInstance>,
  protocols: ReadonlyMap<string, Protocols>,
  domain: string,
): DeploymentRoutes {
  const { deployment } = desired;
  const releases = new Map(desired.releases.map((release) => [release.id, release]));
  const leading = leadingRelease(desired, seen);
  const ports = new Set(leading === undefined ? [] : httpPorts(leading.config.ports));
  for (const { releaseId } of seen) {
    for (const port of httpPorts(releases.get(releaseId)?.config.ports ?? {})) ports.add(port);
  }
  const names = hostsByPort({
    deploymentId: deployment.id,
    hostLabel: desired.hostLabel,
    ports: leading?.config.ports ?? {},
    domain,
  });
  const others = hostsByPort({
    deploymentId: deployment.id,
    hostLabel: undefined,
    ports: Object.fromEntries(Array.from(ports, (port) => [String(port), 'http' as const])),
    domain,
  });
  return {
    deploymentId: deployment.id,
    ...(declaresLimits(deployment.trafficLimits) ? { limits: deployment.trafficLimits } : {}),
    ports: Array.from(ports)
      .toSorted((a, b) => a - b)
      .map((port): PortRoute => {
        const hosts = names.get(port) ?? others.get(port) ?? [];
        return { port, hosts, members: membersOf(port, seen, releases, observed, protocols) };
      }),
  };
}

/** The release that the name for people leads to: the target once it can take everything, the one before until then. */
function leadingRelease(desired: Desired, seen: readonly Seen[]): Release | undefined {
  const { target, live, deployment } = desired;
  if (target === undefined || target.state === 'failed') return live ?? target;
  const ready = seen.filter((one) => one.releaseId === target.id && serves(one)).length;
  return live === undefined || ready >= deployment.scale ? target : live;
}

function membersOf(
  port: number,
  seen: readonly Seen[],
  releases: ReadonlyMap<string, Release>,
  observed: ReadonlyMap<string, ObservedInstance>,
  protocols: ReadonlyMap<string, Protocols>,
): Member[] {
  return seen.flatMap((one): Member[] => {
    const address = observed.get(one.id)?.address;
    const offers = releases.get(one.releaseId)?.config.ports[String(port)] === 'http';
    if (address === undefined || !offers) return [];
    if (one.leaving) return [];
    const protocol = protocols.get(one.id)?.get(port);
    const member = { instanceId: one.id, address, ...(protocol === undefined ? {} : { protocol }) };
    if (one.drainingSince !== undefined) return [{ ...member, state: 'drain' }];
    return serves(one) ? [{ ...member, state: 'ready' }] : [];
  });
}
