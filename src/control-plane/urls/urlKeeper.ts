import { nextWait } from '../../base/backoff.ts';
import { rest, type Clock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { ManagedUrlRow } from '../domain.ts';
import type { UrlEdge } from '../edge/contract.ts';
import type { Notary } from '../state/wishes.ts';
import { adoptUrls } from './adoptUrls.ts';
import type { Dns } from './dns.ts';
import { partsOf } from './places.ts';
import type { TargetRule } from './targetAddresses.ts';
import { foreignHosts, urlRoutesOf } from './urlRoutes.ts';

/** Time between two looks at the addresses of other servers, in milliseconds. */
const everyMs = 30_000;
/** After the edge could not be told. */
const again = { first: 200, most: everyMs, jitter: 0.2 };

export interface UrlKeeperParts {
  readonly notary: Notary;
  /** Absent while it is not up. */
  readonly edge: () => UrlEdge | undefined;
  readonly dns: Pick<Dns, 'addresses'>;
  readonly targets: TargetRule;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1. */
  readonly chance: () => number;
}

/** Keeps the edge's managed URLs as the state wants them. */
export interface UrlKeeper {
  /** Something changed: the edge is told at once. */
  wake(): void;
  /** Why a URL's other server cannot be reached, in words. */
  trouble(url: ManagedUrlRow): string | undefined;
  /** Tells the edge of everything, and goes on doing so. */
  start(): void;
  stop(): Promise<void>;
}

export function createUrlKeeper(parts: UrlKeeperParts): UrlKeeper {
  const { notary, clock, log, chance } = parts;
  const { store } = notary;
  const stopping = new AbortController();
  const { signal } = stopping;
  const addresses = new Map<string, string>();
  const troubles = new Map<string, string>();
  /** Hosts that are being looked up. */
  const asked = new Set<string>();
  /** What the edge was told last. */
  let told = '';
  let woken = Promise.withResolvers<void>();
  let working: Promise<void> = Promise.resolve();

  /** Whether the edge is as the state wants it now. */
  async function tell(): Promise<boolean> {
    const edge = parts.edge();
    if (edge === undefined) return false;
    try {
      adoptUrls(notary, () => edge.routedUrls());
      const routes = urlRoutesOf(store.managedUrls.all(), store.domains.all(), addresses);
      const text = JSON.stringify(routes);
      if (text === told) return true;
      await edge.routeUrls(routes, { signal });
      told = text;
      return true;
    } catch (error) {
      told = '';
      if (!signal.aborted) log.warn('The edge was not told of URLs', { error: describeError(error) });
      return false;
    }
  }

  /** Looks hosts up. Returns whether one has another address than before. A host that is not found keeps its own. */
  async function lookUp(hosts: Iterable<string>): Promise<boolean> {
    const before = JSON.stringify(Array.from(addresses));
    await Promise.all(
      Array.from(hosts, async (host) => {
        asked.add(host);
        try {
          const address = chosen(host, await parts.dns.addresses(host, { signal }));
          if (address === undefined) return;
          addresses.set(host, address);
          troubles.delete(host);
        } catch (error) {
          if (signal.aborted) return;
          troubles.set(host, describeError(error));
        } finally {
          asked.delete(host);
        }
      }),
    );
    return JSON.stringify(Array.from(addresses)) !== before;
  }

  function chosen(host: string, found: readonly string[]): string | undefined {
    const allowed = found.filter((address) => parts.targets.allows(address));
    const before = addresses.get(host);
    if (before !== undefined && allowed.includes(before)) return before;
    if (allowed[0] !== undefined) return allowed[0];
    addresses.delete(host);
    troubles.set(
      host,
      `${host} leads to ${found.join(', ')}: this machine or a private network, which a URL of a public region must not. Choose a public server, or start the control plane with --allow-url-targets.`,
    );
    return undefined;
  }

  /**
   * Changes first, so that nobody waits for name servers; then what could only be found by them, for as long as nothing
   * else changes. What they say later is a change.
   */
  async function pass(atAll: boolean): Promise<boolean> {
    // What another control plane found last goes on being used, unless this one would not use it.
    for (const { target, address } of parts.edge()?.routedUrls() ?? []) {
      if (target.type !== 'proxyUrl' || address === undefined) continue;
      const { name } = partsOf(target.url, target.httpOnly);
      if (!addresses.has(name) && parts.targets.allows(address)) addresses.set(name, address);
    }
    const done = await tell();
    const hosts = foreignHosts(store.managedUrls.all());
    for (const known of [addresses, troubles])
      for (const host of known.keys()) if (!hosts.has(host)) known.delete(host);
    const unasked = Array.from(hosts).filter((host) => !asked.has(host));
    const looking = lookUp(unasked.filter((host) => atAll || !addresses.has(host)));
    const found = await Promise.race([looking, woken.promise]);
    if (found === undefined) void looking.then((late) => late && woken.resolve());
    return found === true ? tell() : done;
  }

  async function keep(): Promise<void> {
    let [failures, atAll] = [0, true];
    while (!signal.aborted) {
      woken = Promise.withResolvers<void>();
      failures = (await pass(atAll)) ? 0 : failures + 1;
      const waiting = new AbortController();
      const wait = failures === 0 ? everyMs : nextWait(failures, again, chance);
      const waited = rest(clock, wait, AbortSignal.any([signal, waiting.signal]));
      atAll = await Promise.race([waited, woken.promise.then(() => false)]);
      waiting.abort();
    }
  }

  return {
    wake: () => woken.resolve(),
    trouble({ target }) {
      if (target.type !== 'proxyUrl') return undefined;
      return troubles.get(partsOf(target.url, target.httpOnly).name);
    },
    start() {
      working = keep();
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
