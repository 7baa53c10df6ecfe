import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Engine } from '../docker/engine.ts';
import { keptAuthority } from './keptAuthority.ts';
import type { Options } from './options.ts';
import { isLoopback } from './placement.ts';
import type { Publishing } from './publicPort.ts';
import { Region } from './region/region.ts';
import { sharedRoot } from './region/sharedFolders.ts';
import { insidePorts } from './region/specs.ts';
import type { RegistrySecrets } from './registry/registrySecrets.ts';

export interface RegionPartsWanted {
  readonly options: Options;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: { readonly secrets: RegistrySecrets; readonly tokenCertificate: string };
  /** Port that the API listens on; asked for after it does. */
  readonly apiPort: () => number;
}

/** The region of these options. Nothing is asked of the engine yet. */
export async function makeRegion(wanted: RegionPartsWanted): Promise<Region> {
  const { options, engine, clock, log, registry } = wanted;
  return new Region({
    engine,
    name: options.name,
    placement: options.placement,
    data: dataOf(options),
    self: hostname(),
    images: { registry: options.registryImage, edge: options.edgeImage },
    preferredPorts: { registry: options.registryPort, http: options.httpPort, https: options.httpsPort },
    authority: await keptAuthority(options.stateDir, options, () => clock.now()),
    domain: options.domain,
    edgeAddress: options.edgeAddress,
    httpsRedirect: options.httpsRedirect,
    api: {
      get publicUrl() {
        return `http://127.0.0.1:${wanted.apiPort()}`;
      },
      // On loopback the registry shares our network; elsewhere the engine's own DNS knows a container by its host name.
      get internalUrl() {
        const host = isLoopback(options.host) ? '127.0.0.1' : hostname();
        return `http://${host}:${wanted.apiPort()}`;
      },
    },
    registry,
    clock,
    log,
  });
}

/** Where this process reaches the registry, once it is up. */
export function registryUrl(region: Region, name: string): string | undefined {
  const { registryHost } = region.facts();
  if (registryHost === undefined) return undefined;
  return region.placement()?.kind === 'bridged'
    ? `http://patr-${name}-registry:${insidePorts.registry}`
    : `http://${registryHost}`;
}

/** How tcp and udp ports are published; absent where the region serves its own machine alone. */
export function publishingOf({ edgeAddress: address, publicPorts: ports }: Options): Publishing | undefined {
  return isLoopback(address) ? undefined : { address, ports };
}

/** Names other than loopback that the API is reached by. */
export function otherNames(options: Options): readonly string[] {
  return isLoopback(options.host) ? [] : [hostname()];
}

function dataOf({ data, stateDir }: Options) {
  const volumes = data === 'volumes' || (data === 'auto' && existsSync(sharedRoot));
  return volumes ? ({ kind: 'volumes' } as const) : ({ kind: 'directory', stateDir } as const);
}
