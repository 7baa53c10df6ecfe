import { systemClock } from '../../base/clock.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Connection, OpenSocket } from '../../client/connection.ts';
import { pinnedFetch, type PinnedFetch } from '../../client/pinnedFetch.ts';
import type { KeptTrust } from './keptTrust.ts';

export interface WaysOptions {
  readonly trust: Pick<KeptTrust, 'of'>;
  readonly openSocket: OpenSocket;
  /** Host of a server's registry, where the person has named one. */
  readonly registryOf: (url: string) => string | undefined;
  readonly userAgent: string;
}

/**
 * How servers elsewhere are reached: by the editor's own `fetch` and HTTPS, which know its proxies and the machine's
 * certificates; where a certificate is pinned, by requests that take no other one.
 */
export class Ways implements Disposable {
  readonly #options: WaysOptions;
  readonly #pinned = new Map<string, PinnedFetch>();
  readonly #held = new DisposableStore();

  constructor(options: WaysOptions) {
    this.#options = options;
  }

  /** What the client needs to speak to a server. */
  to(url: string, token: string): Connection {
    const { trust, openSocket, userAgent, registryOf } = this.#options;
    const registry = registryOf(url);
    const named = registry === undefined ? {} : { registry };
    const common = {
      ...named,
      url,
      token,
      userAgent,
      clock: systemClock,
      chance: Math.random,
      timeoutMs: 20_000,
    };
    const pinned = trust.of(url);
    if (pinned === undefined) return { ...common, fetch, openSocket };
    const known = this.#pinned.get(pinned.sha256) ?? this.#held.add(pinnedFetch(pinned));
    this.#pinned.set(pinned.sha256, known);
    return {
      ...common,
      fetch: known.fetch,
      openSocket: (address, options) => openSocket(address, { ...options, pinned }),
    };
  }

  dispose(): void {
    this.#pinned.clear();
    this.#held.dispose();
  }
}
