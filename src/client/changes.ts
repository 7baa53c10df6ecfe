import { nextWait, type Backoff } from '../base/backoff.ts';
import { rest, type Clock } from '../base/clock.ts';
import type { Change } from '../protocol/shapes/workspace.ts';
import type { Api } from './client.ts';
import { Unreachable } from './errors.ts';

/** `connected`: read everything again, changes may have been missed. `lost`: what is shown may be old. */
export type ChangeNews =
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly error: unknown }
  | { readonly kind: 'change'; readonly change: Change };

const backoff: Backoff = { first: 500, most: 60_000, jitter: 0.5 };
/** A stream that broke off sooner is no better than one that did not open: everything is read again for each. */
const steadyMs = 30_000;

/** Follows the changes of a workspace, connecting again for as long as the signal has not fired. */
export async function followForEver(
  api: Pick<Api, 'followChanges'>,
  workspaceId: string,
  tell: (news: ChangeNews) => void,
  { clock, chance, signal }: { clock: Clock; chance: () => number; signal: AbortSignal },
): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    let asked = 0;
    const began = clock.now();
    try {
      let first = true;
      for await (const change of api.followChanges({ params: { workspaceId } }, { signal })) {
        if (first) tell({ kind: 'connected' });
        first = false;
        if (change.kind !== 'alive') tell({ kind: 'change', change });
      }
      if (!signal.aborted) tell({ kind: 'lost', error: new Unreachable('The server ended the stream.') });
    } catch (error) {
      if (signal.aborted) return;
      tell({ kind: 'lost', error });
      if (error instanceof Unreachable) asked = error.retryAfterMs;
    }
    failures = clock.now() - began < steadyMs ? failures + 1 : 1;
    await rest(clock, Math.max(asked, nextWait(failures, backoff, chance)), signal);
  }
}
