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
import { registryParts } from './registry/registryParts.ts';
import { standbyReconciler } from './standby.ts';
import { openStore } from './state/open.ts';

export interface AssembleWanted {
  readonly options: Options;
  readonly version: string;
  readonly clock: Clock;
  readonly ids: () => string;
  readonly log: Log;
  /** 0 to 1. */
  readonly chance: () => number;
}

export interface ControlPlane {
  readonly app: Hono;
  start(): Promise<void>;
  /** Ends streams and requests that wait for something; what is asked from now on is still answered. */
  drain(): void;
  /** Ends the loop at a step boundary and closes the database. Deployments go on serving. */
  stop(): Promise<void>;
}

/** Puts the control plane together, by hand and in one place. The caller holds the lock of the state. */
export async function assemble(wanted: AssembleWanted): Promise<ControlPlane> {
  const { options, clock, ids, log, chance, version } = wanted;
  const held = new DisposableStore();
  const onError = (error: unknown) => log.error('A listener failed', { error: describeError(error) });
  const now = () => clock.now();

  const token = await tokenFromFile(options.tokenFile, ids);
  const store = held.add(
    openStore({ stateDir: options.stateDir, regionName: options.name, now, ids, onListenerError: onError }),
  );
  admitToken(store, token, clock.now());

  const notary = { store, now, ids };
  const reconciler = standbyReconciler(store);
  const registry = await registryParts({
    stateDir: options.stateDir,
    notary,
    clock,
    log,
    chance,
    baseUrl: () => urlOf(reconciler.region().registryHost),
    platform: () => reconciler.region().platform,
  });
  const feed = held.add(new ChangeFeed());
  held.add(spread(store, reconciler, feed));

  const { domain } = options;
  const handlers = allHandlers({
    store,
    notary,
    reconciler,
    registry: registry.client,
    feed,
    version,
    domain,
  });
  const draining = new AbortController();
  const { signal } = draining;
  const app = createApp({ handlers, identity: store.identity, hosts: hostRule(), log, signal });
  registry.mount(app);
  return {
    app,
    start() {
      registry.watcher.start();
      return Promise.resolve();
    },
    drain: () => draining.abort(),
    async stop() {
      draining.abort();
      await registry.watcher.stop();
      held.dispose();
    },
  };
}

function urlOf(host: string | undefined): string | undefined {
  return host === undefined ? undefined : `http://${host}`;
}
