import type { EngineAddress } from './address.ts';
import { builds, type BuildsOptions } from './build/builds.ts';
import { connect, type Connection } from './connection.ts';
import { containers } from './containers.ts';
import type { Engine } from './engine.ts';
import { events } from './events.ts';
import { execution } from './execution.ts';
import { files } from './files.ts';
import { freeBytesOf } from './freeBytes.ts';
import { images } from './images.ts';
import { logs } from './logs.ts';
import { networks } from './networks.ts';
import { infoOf } from './records/infoRecord.ts';
import { shells } from './shells.ts';
import { transfers } from './transfers.ts';
import { volumes } from './volumes.ts';

export interface EngineOptions extends BuildsOptions {
  /** Defaults to this process's own, such as `linux`. */
  readonly hostPlatform?: NodeJS.Platform;
}

/**
 * An engine behind an address. Opening does nothing: the first call connects, and agrees upon an API version.
 * Disposing closes idle connections; what is under way ends by its own signal.
 */
export function openEngine(address: EngineAddress, options: EngineOptions = {}): Engine {
  const connection = connect(address);
  return {
    ...about(connection, options.hostPlatform ?? process.platform),
    ...containers(connection),
    ...execution(connection),
    ...shells(connection),
    ...logs(connection),
    ...files(connection),
    ...events(connection),
    ...networks(connection),
    ...volumes(connection),
    ...images(connection),
    ...transfers(connection),
    ...builds(connection, options),
    dispose: () => connection.dispose(),
  };
}

function about(connection: Connection, platform: NodeJS.Platform): Pick<Engine, 'info' | 'freeBytes'> {
  const local = connection.address.kind === 'unix' || connection.address.kind === 'npipe';
  const virtualMachine = local && platform !== 'linux';
  /** As last told: where the engine keeps its images does not change while it runs. */
  let told: unknown;
  const ask = async (signal: AbortSignal | undefined): Promise<unknown> =>
    (told = (await connection.call({ method: 'GET', path: '/info', signal })).value);
  return {
    async info({ signal } = {}) {
      return infoOf(await ask(signal), await connection.version(signal), virtualMachine);
    },
    async freeBytes({ signal } = {}) {
      const info = told ?? (await ask(signal));
      const { host } = infoOf(info, await connection.version(signal), virtualMachine);
      return freeBytesOf(info, local && host === 'native');
    },
  };
}
