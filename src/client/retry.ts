import { nextWait, type Backoff } from '../base/backoff.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import type { AnyRequest } from './connection.ts';

/** Waits between attempts of a request that may be sent again, and how many attempts there are in all. */
export const retryBackoff: Backoff = { first: 250, most: 4000, jitter: 0.5 };
export const mostAttempts = 4;
/** No attempt begins later than this after the first one, in milliseconds: whoever waits is told. */
export const triedForMs = 60_000;

/**
 * What came of an attempt. `refused`: the server did nothing yet and asks for patience. `away`: nobody knows whether it
 * came. `unsent`: it cannot have come. Everything else is final.
 */
export type Attempt = 'refused' | 'away' | 'unsent' | 'final';

/**
 * How long to wait before the next attempt, in milliseconds, or undefined when there shall be none. What may have come
 * is sent again only if that makes no difference; what has not come may always be.
 */
export function waitBeforeRetry(question: {
  readonly attempt: Attempt;
  readonly repeatable: boolean;
  /** What the server asks for, in milliseconds; 0 when it asks for nothing. */
  readonly askedMs: number;
  /** Attempts made so far, and the time since the first one began, in milliseconds. */
  readonly attempts: number;
  readonly elapsedMs: number;
  readonly chance: () => number;
}): number | undefined {
  const { attempt, repeatable, askedMs, attempts, elapsedMs, chance } = question;
  if (attempt === 'final' || attempts >= mostAttempts) return undefined;
  if (attempt === 'away' && !repeatable) return undefined;
  // Those who were told the same time do not all come back at once.
  const asked = Math.round(askedMs * (1 + 0.1 * chance()));
  const wait = Math.max(nextWait(attempts, retryBackoff, chance), asked);
  return elapsedMs + wait > triedForMs ? undefined : wait;
}

/** A change on a condition is not repeatable: it would fail on what it has done itself. */
export function isRepeatable({ repeatable }: Endpoint, { body }: AnyRequest): boolean {
  const onCondition = typeof body === 'object' && body !== null && 'ifRevision' in body;
  return repeatable && !(onCondition && body.ifRevision !== undefined);
}

/**
 * The patience that an answer asks for, in milliseconds. `Retry-After` is seconds or a date; a date is by the server's
 * clock, which the answer tells.
 */
export function patienceAsked(headers: Headers, now: number): number {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const told = Date.parse(headers.get('date') ?? '');
  const ms = Date.parse(text) - (Number.isNaN(told) ? now : told);
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
