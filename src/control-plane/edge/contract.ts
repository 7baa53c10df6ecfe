import type { TimeCounts } from './answerTimes.ts';
import type { TrafficLimits } from '../../protocol/shapes/trafficLimits.ts';
import type { UrlTarget } from '../domain.ts';

/**
 * The edge as the reconcile loop sees it: which instances of a deployment take traffic, under which names.
 * Applying the same wish twice changes nothing; a change of members never reloads the proxy.
 */
export interface Edge {
  /** Makes the deployment's routes so, in the running proxy. Resolves when they are in force. */
  apply(routes: DeploymentRoutes, options?: { signal?: AbortSignal }): Promise<void>;
  /** Removes every route, member and certificate of a deployment. */
  forget(deploymentId: string, options?: { signal?: AbortSignal }): Promise<void>;
  /** Requests and connections that each member is serving now, by instance id; unknown members are absent. */
  inFlight(deploymentId: string, options?: { signal?: AbortSignal }): Promise<ReadonlyMap<string, number>>;
  /** Totals since the edge started; a smaller number than before means that it was restarted. */
  traffic(deploymentId: string, options?: { signal?: AbortSignal }): Promise<TrafficTotals>;
}

/** The edge as those see it who look after managed URLs. Names of deployments win over a URL at the same place. */
export interface UrlEdge {
  /** Makes these all the URLs there are, in the running proxy. Resolves when they are in force. */
  routeUrls(routes: readonly UrlRoute[], options?: { signal?: AbortSignal }): Promise<void>;
  /** Those that are in force, also when another control plane put them there. */
  routedUrls(): readonly UrlRoute[];
}

/** A managed URL whose domain is verified, with all that a lost state would need to take it over. */
export interface UrlRoute {
  readonly id: string;
  readonly domain: { readonly id: string; readonly name: string };
  readonly subDomain: string;
  readonly path: string;
  readonly target: UrlTarget;
  /** Of another server: the one that its name leads to, once that is known. */
  readonly address?: string;
}

/** The edge as those see it who measure. */
export interface EdgeCounter {
  counts(options?: { signal?: AbortSignal }): Promise<EdgeCounts>;
}

export interface DeploymentRoutes {
  readonly deploymentId: string;
  readonly ports: readonly PortRoute[];
  /** Those that were declared; absent: none, as in what was kept before there were any. */
  readonly limits?: TrafficLimits;
}

/** One http port: the names it answers to, and the instances behind it. */
export interface PortRoute {
  readonly port: number;
  /** Lower-case host names, such as `web.localhost` and `8080-<deploymentId>.localhost`. */
  readonly hosts: readonly string[];
  readonly members: readonly Member[];
}

/** What an application speaks on an http port: HTTP/1.1, or HTTP/2 in clear with prior knowledge, as gRPC does. */
export type AppProtocol = 'http1' | 'h2c';

export interface Member {
  readonly instanceId: string;
  readonly address: string;
  /** Absent while it is not known: then what it was goes on, HTTP/1.1 at first. */
  readonly protocol?: AppProtocol;
  /** `drain`: finishes what it has and gets nothing new. */
  readonly state: 'ready' | 'drain';
}

/** Everything that the edge counted, read together. `run` changes whenever it begins to count from nothing. */
export interface EdgeCounts {
  readonly run: string;
  readonly deployments: ReadonlyMap<string, AnswerTotals>;
  /** Only of instances that are members now, and of those that were until a few minutes ago. */
  readonly instances: ReadonlyMap<string, InstanceTraffic>;
}

/** What the edge counted at one instance. */
export interface InstanceTraffic {
  readonly requests: number;
  readonly answers: StatusClasses;
  /** Absent while the edge that runs is one of before these were counted. */
  readonly times: TimeCounts | undefined;
}

/** Answers by the first digit of their status: how many began with 1, 2, 3, 4 and 5. */
export type StatusClasses = readonly [number, number, number, number, number];

/** `failures`: answers that the edge itself had to give (502, 503, 504) and connections that broke. */
export interface TrafficTotals {
  readonly requests: number;
  readonly failures: number;
}

/** `answers`: those of instances and those that the edge gave itself. */
export interface AnswerTotals extends TrafficTotals {
  readonly answers: StatusClasses;
}
