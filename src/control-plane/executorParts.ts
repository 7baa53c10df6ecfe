import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../docker/engine.ts';
import type { Edge } from './edge/contract.ts';
import { sharedConfig } from './executors/configFolder.ts';
import type { ConfigStorage } from './executors/configStorage.ts';
import { DockerExecutor } from './executors/dockerExecutor.ts';
import type { Executor, Waiting } from './executors/executor.ts';
import { ownKernel, type KernelFolders } from './executors/kernelUsage.ts';
import type { LogCollector } from './logs/logCollector.ts';
import type { Options } from './options.ts';
import type { Region } from './region/region.ts';

/** Addresses that deployments' networks are cut out of. */
const networkPool = '10.210.0.0/16';

export interface ExecutorPartsWanted {
  readonly options: Options;
  readonly engine: Engine;
  readonly region: Region;
  readonly logs: Pick<LogCollector, 'drained'>;
  /** What the engine pulls the region's own images with. */
  readonly credentials: { readonly username: string; readonly password: string };
}

/** Runs instances on the region's engine. Nothing is asked of the engine yet. */
export function makeExecutor({ options, engine, region, logs, credentials }: ExecutorPartsWanted): Executor {
  /** Those who must reach instances: on the host's network they do by themselves. */
  const members = (): readonly string[] =>
    region.placement()?.kind === 'bridged' ? [`patr-${options.name}-edge`, hostname()] : [];
  return new DockerExecutor({
    engine,
    region: options.name,
    pool: networkPool,
    node: () => hostname(),
    config: configOf(region),
    registryAuth() {
      const server = region.facts().registryHost;
      return server === undefined ? undefined : { server, ...credentials };
    },
    async attach(network, waiting: Waiting) {
      for (const member of members()) await engine.connectNetwork(network, member, waiting);
    },
    async detach(network, waiting: Waiting) {
      for (const member of members()) await engine.disconnectNetwork(network, member, waiting);
    },
    beforeRemoval: (container, waiting) => logs.drained(container, waiting),
    toolImage: options.toolImage,
    kernel: kernelIn(options.kernelFiles),
    helperImage: options.edgeImage,
  });
}

/** The machine's own, or as they were brought into a container. */
function kernelIn(folder: string | undefined): KernelFolders {
  return folder === undefined ? ownKernel : { proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup') };
}

/** Where config mounts lie, which is told once the region has been up. */
function configOf(region: Region): () => ConfigStorage | undefined {
  return () => {
    const folder = region.configFolder();
    return folder === undefined
      ? undefined
      : sharedConfig(folder, { now: () => Date.now(), ids: randomUUID });
  };
}

/** The region's edge, from before it is up: until then every call fails, and the loop comes back to it. */
export function edgeOf(region: Region): Edge {
  const edge = (): Edge => {
    const up = region.edge();
    if (up === undefined) throw new Error('The edge is not up (yet).');
    return up;
  };
  return {
    apply: async (routes, options) => edge().apply(routes, options),
    forget: async (deploymentId, options) => edge().forget(deploymentId, options),
    inFlight: async (deploymentId, options) => edge().inFlight(deploymentId, options),
    traffic: async (deploymentId, options) => edge().traffic(deploymentId, options),
  };
}
