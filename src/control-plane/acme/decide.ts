import { X509Certificate } from 'node:crypto';
import { nextWait } from '../../base/backoff.ts';

/** Hosts that one certificate is wanted for. */
export interface HostSet {
  /** What the edge keeps the certificate under: a deployment's id, or the name of a managed URL's host. */
  readonly holder: string;
  readonly hosts: readonly [string, ...string[]];
  /** Why it would be in vain to ask now, in words. */
  readonly waitingFor?: string;
}

/** What is known of asking for one set of hosts. Times are milliseconds since the epoch. */
export interface Attempts {
  /** As they were asked for: other hosts begin anew. */
  readonly hosts: readonly string[];
  /** In a row. */
  readonly failures: number;
  readonly nextAt: number;
  /** The authority's words. */
  readonly message: string;
  /** The last part of the authority's name for it; empty: it could not be reached, or gave none. */
  readonly type: string;
}

export interface ServedCertificate {
  readonly hosts: readonly string[];
  readonly startsAt: number;
  readonly endsAt: number;
  /** The authority's name. */
  readonly issuer: string;
}

export type Decision =
  | { readonly kind: 'order' }
  /** Nothing is due before. */
  | { readonly kind: 'rest'; readonly until: number }
  /** It cannot be asked for before something outside changes. */
  | { readonly kind: 'waits' };

/** After a failure in a row. An authority takes five for a host in an hour, and then none for an hour. */
const failureWaits = { first: 5 * 60_000, most: 12 * 3_600_000, jitter: 0.2 };
/** When the authority says that it was asked too often, and not for how long. */
const limitedWaitMs = 3_600_000;
/** The share of a certificate's life that is left when it is renewed. */
const renewShare = 1 / 3;

/** Whether a certificate is asked for now. Pure. */
export function decide(
  { hosts, waitingFor }: HostSet,
  served: ServedCertificate | undefined,
  attempts: Attempts | undefined,
  now: number,
): Decision {
  const known = attempts !== undefined && sameHosts(attempts.hosts, hosts) ? attempts : undefined;
  if (served !== undefined && hosts.every((host) => served.hosts.includes(host))) {
    const due = renewalOf(served);
    if (now < due) return { kind: 'rest', until: due };
  } else if (waitingFor !== undefined) return { kind: 'waits' };
  if (known !== undefined && now < known.nextAt) return { kind: 'rest', until: known.nextAt };
  return { kind: 'order' };
}

export function renewalOf({ startsAt, endsAt }: ServedCertificate): number {
  return endsAt - (endsAt - startsAt) * renewShare;
}

/** What is remembered after a failure. `chance` gives 0 to 1. */
export function failed(
  { hosts }: HostSet,
  before: Attempts | undefined,
  refusal: { readonly message: string; readonly type: string; readonly retryAfterMs: number | undefined },
  now: number,
  chance: () => number,
): Attempts {
  const failures = (before !== undefined && sameHosts(before.hosts, hosts) ? before.failures : 0) + 1;
  const usual = nextWait(failures, failureWaits, chance);
  const limited = refusal.type === 'rateLimited' ? limitedWaitMs : 0;
  // What the authority asks for is kept to, however long it is.
  const wait = Math.max(usual, refusal.retryAfterMs ?? limited);
  const { message, type } = refusal;
  return { hosts: [...hosts], failures, nextAt: now + wait, message, type };
}

/** Reads the first certificate of a chain. Undefined: it cannot be read. */
export function readCertificate(pem: string): ServedCertificate | undefined {
  try {
    const { subjectAltName, validFromDate, validToDate, issuer } = new X509Certificate(pem);
    const names = Array.from((subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g), ([, name = '']) => name);
    return {
      hosts: names,
      startsAt: validFromDate.getTime(),
      endsAt: validToDate.getTime(),
      issuer: /^(?:O|CN)=(.+)$/m.exec(issuer)?.[1] ?? issuer,
    };
  } catch {
    return undefined;
  }
}

function sameHosts(some: readonly string[], others: readonly string[]): boolean {
  return some.toSorted().join() === others.toSorted().join();
}
