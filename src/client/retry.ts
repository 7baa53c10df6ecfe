import { nextWait, type Backoff } from '../base/backoff.ts';

/** Waits between attempts of a request that may be sent again, and how many attempts there are in all. */
export const retryBackoff: Backoff = { first: 250, most: 4000, jitter: 0.5 };
export const mostAttempts = 4;

/** Statuses that say "not now": an overloaded server, or a proxy whose server is away. */
const passing = new Set([429, 502, 503, 504]);

/**
 * How long to wait before the next attempt, in milliseconds, or undefined when there shall be none. Only requests
 * that change nothing are sent again. `retryAfter` is the header's text: seconds or a date; at most a minute counts.
 */
export function waitBeforeRetry(question: {
  readonly method: string;
  /** Undefined: there was no answer. */
  readonly status: number | undefined;
  readonly retryAfter: string | null;
  /** Attempts made so far. */
  readonly attempts: number;
  readonly now: number;
  readonly chance: () => number;
}): number | undefined {
  const { method, status, attempts } = question;
  if (method !== 'GET' || attempts >= mostAttempts) return undefined;
  if (status !== undefined && !passing.has(status)) return undefined;
  const asked = parseRetryAfter(question.retryAfter, question.now);
  return Math.max(nextWait(attempts, retryBackoff, question.chance), asked);
}

function parseRetryAfter(text: string | null, now: number): number {
  if (text === null) return 0;
  const seconds = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), 60_000) : 0;
}
