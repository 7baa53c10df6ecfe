/** What the local region is made of. Images are settings; the defaults are the public ones. */
export interface LocalSettings {
  /** Tells several local regions on one engine apart; `local` for people, others in tests. */
  readonly name: string;
  readonly images: {
    /** Image with Node 24 that the control plane's own image is built upon. */
    readonly node: string;
    readonly registry: string;
    readonly edge: string;
  };
  /** Preferred ports on loopback; where one is taken, the next free one is used and remembered. */
  readonly ports: {
    readonly api: number;
    readonly registry: number;
    readonly http: number;
    readonly https: number;
  };
  /** `auto`: `host` on a native Linux engine, `bridged` elsewhere. */
  readonly placement: 'auto' | 'host' | 'bridged';
  /** Whether who comes to the edge by HTTP is sent on to HTTPS. */
  readonly httpsRedirect: boolean;
  /** Which images of earlier releases stay in the registry, whatever either keeps; and what was printed. */
  readonly keep: {
    /** So many of the newest versions of each deployment. */
    readonly versions: number;
    /** And all of the last days. */
    readonly days: number;
    /** MiB of each deployment's output. */
    readonly logs: number;
  };
}

export const defaultLocalSettings: LocalSettings = {
  name: 'local',
  images: { node: 'node:24-slim', registry: 'registry:3', edge: 'haproxy:lts' },
  ports: { api: 7070, registry: 7050, http: 7080, https: 7443 },
  placement: 'auto',
  httpsRedirect: false,
  keep: { versions: 10, days: 7, logs: 64 },
};

/** The bundled control plane that this extension ships. */
export interface ControlPlaneBundle {
  /** Absolute path of `control-plane.mjs`. */
  readonly file: string;
  readonly version: string;
}

/** How to speak to a control plane that answers. */
export interface LocalEndpoint {
  readonly url: string;
  readonly token: string;
  readonly version: string;
}

export type LocalState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly endpoint: LocalEndpoint };

export type LocalProgress =
  | { readonly kind: 'pulling'; readonly image: string; readonly percent: number | undefined }
  | { readonly kind: 'building' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'upgrading'; readonly from: string; readonly to: string }
  | { readonly kind: 'ready'; readonly endpoint: LocalEndpoint };

/**
 * The control plane's own container: found, built, started, upgraded and removed through the engine. Nothing is
 * remembered on this side: labels and the state volume tell, so every window finds the same one.
 */
export interface LocalHost {
  find(options?: { signal?: AbortSignal }): Promise<LocalState>;
  /**
   * Makes it run at the bundle's version (never an older one than what runs) and waits until it answers.
   * Safe to call from two windows at once. @throws EngineError, LocalHostError.
   */
  ensure(
    onProgress: (progress: LocalProgress) => void,
    options?: { signal?: AbortSignal },
  ): Promise<LocalEndpoint>;
  /** Stops the control plane only; deployments go on serving. */
  stop(options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Content of the file of keys that the region's secrets are sealed with; absent while there is none. Whoever may use
   * the engine's socket can read it, as the token.
   */
  sealingKeys(options?: { signal?: AbortSignal }): Promise<string | undefined>;
  /** What `remove` would delete, for the person to read first. */
  inventory(options?: { signal?: AbortSignal }): Promise<LocalInventory>;
  /** Removes everything the local region has on the engine: control plane, deployments, edge, registry, volumes. */
  remove(options?: { signal?: AbortSignal }): Promise<void>;
  /** Output of the control plane's container, line by line, until the signal fires. */
  logs(options: { tail: number; signal?: AbortSignal }): AsyncIterable<string>;
}

export interface LocalInventory {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
}

/** The control plane could not be brought up; the message says why and what to do. */
export class LocalHostError extends Error {
  override readonly name = 'LocalHostError';
  /** Its last lines of output, when it started and failed. */
  readonly output: readonly string[];

  constructor(message: string, output: readonly string[] = [], options?: ErrorOptions) {
    super(message, options);
    this.output = output;
  }
}
