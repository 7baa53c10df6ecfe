import { rest, type Clock } from '../../base/clock.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { DomainRow, ManagedUrlRow } from '../domain.ts';
import type { Store } from '../state/store.ts';
import type { Verifier } from './verifier.ts';

/** Time between two looks at what waits for a record, in milliseconds. */
const everyMs = 60_000;
/** Of this many looks one is at everything. */
const looksPerFullLook = 60;

export interface DnsWatchParts {
  readonly store: Store;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DnsWatch {
  start(): void;
  stop(): Promise<void>;
}

/** Its record was there and was missed once. */
function isInDoubt({ looked }: Pick<DomainRow | ManagedUrlRow, 'looked'>): boolean {
  return looked?.missedOnce === true;
}

/** Looks again at domains and managed URLs whose records were missing, and now and then at all of them. */
export function createDnsWatch({ store, verifier, clock, log }: DnsWatchParts): DnsWatch {
  const stopping = new AbortController();
  const { signal } = stopping;
  let looking: Promise<void> = Promise.resolve();

  async function look(atAll: boolean): Promise<void> {
    for (const domain of store.domains.all()) {
      if (atAll || !domain.isVerified || isInDoubt(domain)) await verifier.domain(domain, { signal });
    }
    for (const url of store.managedUrls.all()) {
      if (atAll || !url.isConfigured || isInDoubt(url)) await verifier.url(url, { signal });
    }
  }

  async function keepLooking(): Promise<void> {
    for (let round = 1; await rest(clock, everyMs, signal); round += 1) {
      try {
        await look(round % looksPerFullLook === 0);
      } catch (error) {
        if (!signal.aborted) log.warn('Name servers cannot be asked', { error: describeError(error) });
      }
    }
  }

  return {
    start() {
      looking = keepLooking();
    },
    async stop() {
      stopping.abort();
      await looking;
    },
  };
}
