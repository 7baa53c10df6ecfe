import { Uri } from 'vscode';
import { systemClock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { requireEngineBundle } from '../docker/engineBundle.ts';
import { makeLocalHost } from '../local/localHost.ts';
import { LocalConnection, type LocalConnectionOptions } from './connections/localConnection.ts';
import { EngineSource } from './engineSource.ts';
import type { Output } from './output.ts';
import { dockerHost, localSettings } from './settings.ts';

/** What the local region stands on. */
export type Machine = Pick<LocalConnectionOptions, 'engines' | 'makeHost'>;

export interface LocalRegionParts {
  readonly extensionUri: Uri;
  /** The extension's own. */
  readonly version: string;
  readonly trusted: () => boolean;
  readonly output: Output;
}

export interface LocalRegion extends DisposableStore {
  readonly connection: LocalConnection;
  /** Puts another engine and another region on it in the place of the machine's; undefined: the machine's again. */
  runOn(machine: Machine | undefined): Promise<void>;
}

/** The connection to the region on the engine of this machine. Nothing is asked of the engine before it is used. */
export function localRegion({ extensionUri, version, trusted, output }: LocalRegionParts): LocalRegion {
  const held = new DisposableStore();
  const userAgent = `patr-vscode/${version}`;
  const bundle = { file: Uri.joinPath(extensionUri, 'dist', 'control-plane.mjs').fsPath, version };
  const engines = held.add(
    new EngineSource({
      load: requireEngineBundle,
      dockerHost,
      trusted,
      onProblem: (message) => output.warn(message),
    }),
  );
  const own: Machine = {
    engines,
    makeHost: (engine, socket, settings) =>
      makeLocalHost({ engine, bundle, settings, fetch, clock: systemClock, userAgent, socket }),
  };
  let machine = own;
  const connection = held.add(
    new LocalConnection({
      engines: { state: (signal) => machine.engines.state(signal) },
      settings: localSettings,
      bundle,
      makeHost: (...args) => machine.makeHost(...args),
      trusted,
      userAgent,
      log: output,
    }),
  );
  return Object.assign(held, {
    connection,
    async runOn(given: Machine | undefined) {
      machine = given ?? own;
      connection.gone();
      await connection.look();
    },
  });
}
