import { randomUUID } from 'node:crypto';
import { silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ConfigSync } from '../../src/control-plane/config/configSync.ts';
import type { Edge } from '../../src/control-plane/edge/contract.ts';
import type { Prober } from '../../src/control-plane/probes/prober.ts';
import { defaultProbeRules } from '../../src/control-plane/probes/rules.ts';
import { defaultPlanRules } from '../../src/control-plane/reconcile/plan/model.ts';
import {
  createReconciler,
  type ReconcileLoop,
  type ReconcilerOptions,
} from '../../src/control-plane/reconcile/reconciler.ts';
import { reconcileStore } from '../../src/control-plane/state/reconcileStore.ts';
import { toWireUuid } from '../../src/protocol/wire.ts';
import { memoryNotary, type TestNotary } from './controlPlane.ts';
import { addDeployment, addRelease } from './deployments.ts';
import { FakeExecutor } from './fakeExecutor.ts';
import { connected } from './fakeReconciler.ts';

/** An edge that does as it is told and has no traffic. */
const stillEdge: Edge = {
  apply: () => Promise.resolve(),
  forget: () => Promise.resolve(),
  inFlight: () => Promise.resolve(new Map()),
  traffic: () => Promise.resolve({ requests: 0, failures: 0 }),
};

/** Every instance is well. */
const kindProber: Prober = {
  http: () => Promise.resolve({ ok: true }),
  tcp: () => Promise.resolve({ ok: true }),
  protocol: () => Promise.resolve('http1'),
};

/** The real loop over a state in memory and the fake executor, with this many deployments that shall run. */
export interface Fleet {
  readonly notary: TestNotary;
  readonly executor: FakeExecutor;
  readonly loop: ReconcileLoop;
  /** Resolves when every deployment runs with all its instances. */
  running(): Promise<void>;
  dispose(): Promise<void>;
}

/** The real loop over a state and the fake executor, with what matters to the test changed. */
export function loopOver(
  notary: TestNotary,
  executor: FakeExecutor,
  changes: Partial<ReconcilerOptions> = {},
): ReconcileLoop {
  return createReconciler({
    store: reconcileStore(notary.store, notary.vault, notary.registryVault),
    executor,
    config: new ConfigSync({ notary, executor, post: () => Promise.resolve(undefined), log: silentLog }),
    edge: stillEdge,
    freeBytes: () => Promise.resolve(undefined),
    prober: kindProber,
    clock: systemClock,
    log: silentLog,
    chance: Math.random,
    ids: () => toWireUuid(randomUUID()),
    planRules: defaultPlanRules,
    probeRules: defaultProbeRules,
    domain: 'localhost',
    publishing: undefined,
    registryHost: () => undefined,
    repositoryPath: () => undefined,
    facts: () => connected,
    refusal: () => undefined,
    lookEveryMs: 30_000,
    adopt: () => Promise.resolve(false),
    ...changes,
  });
}

export function openFleet(deployments: number, instances: number): Fleet {
  const notary = memoryNotary();
  const executor = new FakeExecutor(() => Date.now());
  const digest = `sha256:${'1'.repeat(64)}`;
  executor.images.add(`docker.io/library/nginx@${digest}`);
  const ids = Array.from({ length: deployments }, (_, index) => {
    const scale = { minScale: instances, maxScale: instances, scale: instances };
    const { id } = addDeployment(notary, { name: `app ${index}`, intent: 'running', ...scale });
    addRelease(notary, id, { digest });
    return id;
  });
  const loop = loopOver(notary, executor);
  return {
    notary,
    executor,
    loop,
    running() {
      const missing = new Set(ids);
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (id: string): void => {
        const { status, ready } = loop.status(id);
        if (status === 'running' && ready === instances) missing.delete(id);
        if (missing.size === 0) resolve();
      };
      const listening = loop.onChange(look);
      for (const id of ids) look(id);
      return promise.finally(() => listening.dispose());
    },
    async dispose() {
      await loop.stop();
      notary.store.dispose();
    },
  };
}
