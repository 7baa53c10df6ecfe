import type { DnsLook, DomainRow, ManagedUrlRow } from '../domain.ts';
import type { Notary } from '../state/wishes.ts';
import { DnsError, type Dns } from './dns.ts';
import {
  answerKey,
  domainRecord,
  hostRecords,
  judge,
  questionsFor,
  sentenceOf,
  type WantedRecord,
} from './dnsRecords.ts';
import { hostOf, isWithin } from './places.ts';

export interface VerifierParts {
  readonly notary: Notary;
  readonly dns: Dns;
  /** What names of deployments end in: names below it need no DNS of anybody else. */
  readonly domain: string;
  /** Addresses or names that lead to the region's edge. */
  readonly publicAddresses: readonly string[];
}

interface Waiting {
  readonly signal?: AbortSignal;
}

/**
 * What a look gave. `right`: the records are as they have to be. `wrong`: one is something else. `missed`: nothing is
 * there where one has to be. `unknown`: no name server answered, so nothing changes.
 */
interface Looked {
  readonly look: DnsLook;
  readonly outcome: 'right' | 'wrong' | 'missed' | 'unknown';
}

/** Asks name servers for the records of domains and managed URLs, and notes what they say. */
export class Verifier {
  readonly #parts: VerifierParts;

  constructor(parts: VerifierParts) {
    this.#parts = parts;
  }

  /** Whether a name is the region's own to give: nobody else has to be asked. */
  needsNoDns(name: string): boolean {
    return isWithin(name, this.#parts.domain);
  }

  recordsOfDomain(domain: DomainRow): readonly WantedRecord[] {
    return this.needsNoDns(domain.name) ? [] : [domainRecord(domain)];
  }

  recordsOfUrl(host: string): readonly WantedRecord[] {
    return this.needsNoDns(host) ? [] : hostRecords(host, this.#parts.publicAddresses);
  }

  /** What there has to be, while nobody has looked yet. */
  unlooked(wanted: readonly WantedRecord[]): Pick<DnsLook, 'records' | 'message'> {
    const records = wanted.map((record) => ({ ...record, found: [], present: false }));
    const message = records.length === 0 ? undefined : 'Make the record, then let it be verified.';
    return { records, message };
  }

  /** Undefined when it was deleted in the meantime. */
  async domain(found: DomainRow, waiting: Waiting = {}): Promise<DomainRow | undefined> {
    const looked = await this.#look(this.recordsOfDomain(found), waiting);
    const { store } = this.#parts.notary;
    return store.change((publish) => {
      const before = store.domains.find(found.id);
      if (before === undefined) return undefined;
      const { isSo: isVerified, look } = judged(looked, before.isVerified, before.looked);
      const lastUnverifiedAt = isVerified ? before.lastUnverifiedAt : look.at;
      const after = { ...before, isVerified, lastUnverifiedAt, looked: look };
      store.domains.put(after);
      if (differ(before.looked, look) || before.isVerified !== isVerified) {
        publish({ kind: 'domain', domainId: after.id });
        for (const { id } of store.managedUrls.ofDomain(after.id)) {
          publish({ kind: 'managedUrl', managedUrlId: id });
        }
      }
      return after;
    });
  }

  /** Undefined when it was deleted in the meantime. */
  async url(found: ManagedUrlRow, waiting: Waiting = {}): Promise<ManagedUrlRow | undefined> {
    const { store } = this.#parts.notary;
    const domain = store.domains.find(found.domainId);
    if (domain === undefined) return undefined;
    const wanted = this.recordsOfUrl(hostOf(found.subDomain, domain.name));
    const looked = await this.#look(wanted, waiting);
    return store.change((publish) => {
      const before = store.managedUrls.find(found.id);
      if (before === undefined) return undefined;
      const { isSo: isConfigured, look } = judged(looked, before.isConfigured, before.looked);
      const after = { ...before, isConfigured, looked: look };
      store.managedUrls.put(after);
      if (differ(before.looked, look) || before.isConfigured !== isConfigured) {
        publish({ kind: 'managedUrl', managedUrlId: after.id });
      }
      return after;
    });
  }

  async #look(wanted: readonly WantedRecord[], waiting: Waiting): Promise<Looked> {
    const { dns, notary } = this.#parts;
    try {
      const asked = await Promise.all(
        questionsFor(wanted).map(async ({ type, name }) => {
          const values = await dns.records(type, name, waiting);
          return [answerKey(type, name), values] as const;
        }),
      );
      const records = judge(wanted, new Map(asked));
      const missing = records.filter(({ present }) => !present);
      const isWrong = missing.some(({ found }) => found.length > 0);
      const outcome = missing.length === 0 ? 'right' : isWrong ? 'wrong' : 'missed';
      return { look: { at: notary.now(), records, message: sentenceOf(records) }, outcome };
    } catch (error) {
      if (!(error instanceof DnsError)) throw error;
      const { records } = this.unlooked(wanted);
      const message = `${error.message} It is tried again within a minute.`;
      return { look: { at: notary.now(), records, message }, outcome: 'unknown' };
    }
  }
}

/**
 * Whether it counts as being so after this look. Name servers now and then say that there is nothing where there is
 * something: what was there has to be missed twice in a row. Another answer is one, and counts at once.
 */
function judged(
  { look, outcome }: Looked,
  wasSo: boolean,
  before: DnsLook | undefined,
): { readonly isSo: boolean; readonly look: DnsLook } {
  const missedBefore = before?.missedOnce === true;
  if (outcome === 'unknown')
    return { isSo: wasSo, look: missedBefore ? { ...look, missedOnce: true } : look };
  if (outcome !== 'missed' || !wasSo || missedBefore) return { isSo: outcome === 'right', look };
  const message = `${look.message ?? ''} It was there before, so it is looked for once more within a minute.`;
  return { isSo: true, look: { ...look, message, missedOnce: true } };
}

function differ(before: DnsLook | undefined, after: DnsLook): boolean {
  return JSON.stringify({ ...before, at: 0 }) !== JSON.stringify({ ...after, at: 0 });
}
