import { anySignal } from '../../base/abort.ts';
import { rest, type Clock } from '../../base/clock.ts';
import { ProblemError } from '../../protocol/problems.ts';
import type { Store } from '../state/store.ts';
import { goodToken } from './apiToken.ts';

/** Longest wait at once, in milliseconds: a timer of Node that is set for more than 24 days ends at once. */
const longestWaitMs = 24 * 3_600_000;

export interface TokenEndParts {
  readonly store: Pick<Store, 'apiTokens' | 'onChange'>;
  readonly clock: Clock;
}

/**
 * Resolves when the token is not good any more: at once when it is revoked or gets another secret, and at its end; also
 * when the signal fires.
 */
export async function tokenEnd(
  { store, clock }: TokenEndParts,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const changed = new AbortController();
    const listening = store.onChange(({ kind }) => {
      if (kind === 'apiToken') changed.abort();
    });
    const leftMs = goodForMs({ store, clock }, token);
    if (leftMs > 0) await rest(clock, Math.min(leftMs, longestWaitMs), anySignal(signal, changed.signal));
    listening.dispose();
    if (leftMs <= 0) return;
  }
}

/** How long it is good from now on, in milliseconds, if nobody revokes it. */
function goodForMs({ store, clock }: TokenEndParts, token: string): number {
  const now = clock.now();
  try {
    const { expiresAt = Infinity } = goodToken(store.apiTokens, token, now);
    return expiresAt - now;
  } catch (error) {
    if (error instanceof ProblemError) return 0;
    throw error;
  }
}
