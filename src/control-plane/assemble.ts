import type { Hono } from 'hono';
import { DisposableStore } from '../base/disposable.ts';
import type { Clock } from '../base/clock.ts';
import { describeError, type Log } from '../base/log.ts';
import { createApp } from './api/app.ts';
import { ChangeFeed } from './api/changeFeed.ts';
import { allHandlers } from './api/handlers/all.ts';
import { hostRule } from './api/hosts.ts';
import { spread } from './api/spread.ts';
import { admitToken, tokenFromFile } from './auth/tokenFile.ts';
import type { Options } from './options.ts';
import { standbyReconciler, standbyRegistry } from './standby.ts';
import { openStore } from './state/open.ts';

export interface AssembleWanted {
  readonly options: Options;
  readonly version: string;
  readonly clock: Clock;
  readonly ids: () => string;
  readonly log: Log;
}

export interface ControlPlane {
  readonly app: Hono;
  start(): Promise<void>;
  /** Ends streams and the loop at a step boundary and closes the database. Deployments go on serving. */
  stop(): Promise<void>;
}

/** Puts the control plane together, by hand and in one place. The caller holds the lock of the state. */
export async function assemble(wanted: AssembleWanted): Promise<ControlPlane> {
  const { options, clock, ids, log, version } = wanted;
  const held = new DisposableStore();
  const onError = (error: unknown) => log.error('A listener failed', { error: describeError(error) });
  const now = () => clock.now();

  const token = await tokenFromFile(options.tokenFile, ids);
  const store = held.add(
    openStore({ stateDir: options.stateDir, regionName: options.name, now, ids, onListenerError: onError }),
  );
  admitToken(store, token, clock.now());

  const reconciler = standbyReconciler(store);
  const registry = standbyRegistry;
  const feed = held.add(new ChangeFeed());
  held.add(spread(store, reconciler, feed));

  const notary = { store, now, ids };
  const { domain } = options;
  const handlers = allHandlers({ store, notary, reconciler, registry, feed, version, domain });
  const signal = held.signal();
  const app = createApp({ handlers, identity: store.identity, hosts: hostRule(), log, signal });
  return {
    app,
    start: () => Promise.resolve(),
    stop() {
      held.dispose();
      return Promise.resolve();
    },
  };
}
