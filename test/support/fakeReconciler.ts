import type { LiveStatus, Reconciler, RegionFacts } from '../../src/control-plane/domain.ts';

const nothing: LiveStatus = {
  status: 'created',
  reason: undefined,
  instances: [],
  ready: 0,
  wanted: 0,
  liveReleaseNumber: undefined,
  rollingReleaseNumber: undefined,
};

/** A region that is up. */
export const connected: RegionFacts = {
  connected: true,
  message: undefined,
  platform: 'linux/amd64',
  freeBytes: 10_000_000_000,
  capacity: { cpus: 8, memoryBytes: 32_000_000_000 },
  lastSeen: 1_700_000_000_000,
  edge: { httpPort: 7080, httpsPort: 7443, certificateAuthority: 'PEM' },
  registryHost: '127.0.0.1:7050',
};

/** A reconcile loop that does nothing but remember who was woken; tests say what it would see. */
export class FakeReconciler implements Reconciler {
  readonly woken: string[] = [];
  readonly statuses = new Map<string, LiveStatus>();
  facts: RegionFacts = connected;
  readonly #listeners = new Set<(id: string) => void>();

  wake(deploymentId: string): void {
    this.woken.push(deploymentId);
  }

  status(deploymentId: string): LiveStatus {
    return this.statuses.get(deploymentId) ?? nothing;
  }

  /** Lets `status` answer this from now on. */
  show(deploymentId: string, status: Partial<LiveStatus>): void {
    this.statuses.set(deploymentId, { ...nothing, ...status });
    for (const listener of this.#listeners) listener(deploymentId);
  }

  onChange(listener: (deploymentId: string) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  region(): RegionFacts {
    return this.facts;
  }
}
