import type { Clock } from '../base/clock.ts';
import type { Engine } from '../docker/engine.ts';
import type { ControlPlaneBundle, LocalProgress, LocalSettings } from './contract.ts';

export interface LocalHostParts {
  readonly engine: Engine;
  readonly bundle: ControlPlaneBundle;
  readonly settings: LocalSettings;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Path of the engine's socket on the engine's own host. */
  readonly socket: string;
}

export interface Waiting {
  readonly signal?: AbortSignal;
}

export type OnProgress = (progress: LocalProgress) => void;
