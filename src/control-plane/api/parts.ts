import type { ConfigSync } from '../config/configSync.ts';
import type { Clock } from '../../base/clock.ts';
import type { CertificateState } from '../../protocol/shapes/certificate.ts';
import type { Reconciler } from '../domain.ts';
import type { Executor } from '../executors/executor.ts';
import type { Collector } from '../registry/collect/collector.ts';
import type { MetricsFile } from '../metrics/metricsFile.ts';
import type { ExternalRegistry } from '../registry/externalRegistry.ts';
import type { LogStore } from '../logs/logStore.ts';
import type { ImageRegistry } from '../registry/imageRegistry.ts';
import type { RegistryVault } from '../secrets/registryVault.ts';
import type { Vault } from '../secrets/vault.ts';
import type { Vaults } from '../secrets/vaults.ts';
import type { Store } from '../state/store.ts';
import type { Notary } from '../state/wishes.ts';
import type { UrlKeeper } from '../urls/urlKeeper.ts';
import type { Verifier } from '../urls/verifier.ts';
import type { UsageMeter } from '../usage/usageMeter.ts';
import type { ChangeFeed } from './changeFeed.ts';

/** What the handlers work with. Handed over once, by `assemble.ts` or by a test. */
export interface ApiParts {
  readonly store: Store;
  readonly notary: Notary;
  readonly vault: Vault;
  readonly registryVault: RegistryVault;
  readonly sealing: Pick<Vaults, 'rotateKey' | 'restoreKeys'>;
  readonly reconciler: Reconciler;
  readonly config: Pick<ConfigSync, 'sync' | 'seen'>;
  readonly registry: ImageRegistry;
  readonly collector: Pick<Collector, 'collect' | 'last'>;
  readonly external: ExternalRegistry;
  readonly feed: ChangeFeed;
  readonly logs: Pick<LogStore, 'of'>;
  readonly clock: Clock;
  readonly verifier: Verifier;
  readonly urlKeeper: Pick<UrlKeeper, 'trouble'>;
  /** How it stands with the certificate of a public authority that is kept under this name. */
  readonly certificateState: (holder: string) => CertificateState | undefined;
  readonly usage: Pick<UsageMeter, 'of'>;
  readonly volumeData: Pick<Executor, 'listVolumes' | 'volumeSizes' | 'archiveVolumes'>;
  readonly metrics: Pick<MetricsFile, 'read'>;
  readonly version: string;
  /** What host names of deployments end in, such as `localhost`. */
  readonly domain: string;
  /** What leads to the machine, for tcp and udp ports that others reach. */
  readonly publicHost: string;
}
