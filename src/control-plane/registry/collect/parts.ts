import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { Notary } from '../../state/wishes.ts';
import type { ImageRegistry } from '../imageRegistry.ts';
import type { PushGate } from '../pushGate.ts';
import type { RetentionRules } from './retention.ts';
import type { RegistryStorage } from './storage.ts';

export interface CollectRules extends RetentionRules {
  /** Time between two collections, in milliseconds; 0: only when somebody asks. */
  readonly everyMs: number;
  /** A manifest that nobody needs is kept for this long: its index may be on its way. */
  readonly graceMs: number;
}

export interface CollectorParts {
  readonly notary: Notary;
  readonly storage: RegistryStorage;
  readonly registry: ImageRegistry;
  /** The registry's API behind another address. */
  readonly registryAt: (url: string) => ImageRegistry;
  readonly gate: PushGate;
  readonly rules: CollectRules;
  readonly clock: Clock;
  readonly log: Log;
}
