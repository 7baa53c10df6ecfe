import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { ReconcileStore } from '../domain.ts';
import type { Publishing } from '../publicPort.ts';
import type { Edge } from '../edge/contract.ts';
import type { ConfigSync } from '../config/configSync.ts';
import type { Executor, Waiting } from '../executors/executor.ts';
import type { Prober } from '../probes/prober.ts';
import type { ProbeRules } from '../probes/rules.ts';
import type { PlanRules } from './plan/model.ts';

/** Everything that the loop stands on. */
export interface LoopParts {
  readonly store: ReconcileStore;
  readonly executor: Executor;
  /** Brings config mounts into instances, in lanes of its own. */
  readonly config: Pick<ConfigSync, 'put' | 'finish' | 'idle'>;
  readonly edge: Edge;
  /** Room on the engine's disk, in bytes; absent where nobody can tell. */
  readonly freeBytes: (options: Waiting) => Promise<number | undefined>;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1. */
  readonly chance: () => number;
  /** A new id of 32 hexadecimal digits. */
  readonly ids: () => string;
  readonly planRules: PlanRules;
  readonly probeRules: ProbeRules;
  /** What host names of deployments end in. */
  readonly domain: string;
  /** How tcp and udp ports are published; absent: on loopback, at any port. */
  readonly publishing: Publishing | undefined;
  /** Host of the region's registry as image references name it; absent while it is not up. */
  readonly registryHost: () => string | undefined;
  /** Path of a repository in the region's registry; absent when there is no such repository. */
  readonly repositoryPath: (repositoryId: string) => string | undefined;
}
