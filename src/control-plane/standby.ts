import type { LiveStatus, Reconciler } from './domain.ts';
import type { Store } from './state/store.ts';

/** What is told while nobody looks at an engine: nothing runs, and nothing is claimed to. */
export function standbyReconciler(store: Store): Reconciler {
  return {
    wake() {},
    status(deploymentId): LiveStatus {
      const intent = store.deployments.find(deploymentId)?.intent ?? 'stopped';
      return {
        status: intent === 'running' ? 'unreachable' : intent,
        reason: undefined,
        instances: [],
        ready: 0,
        wanted: 0,
        liveReleaseNumber: undefined,
        rollingReleaseNumber: undefined,
      };
    },
    onChange: () => ({ dispose() {} }),
    region: () => ({
      connected: false,
      message: 'The region is not up.',
      platform: undefined,
      freeBytes: undefined,
      lastSeen: undefined,
      edge: undefined,
      registryHost: undefined,
    }),
  };
}
