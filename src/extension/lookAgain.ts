import { nextWait, type Backoff } from '../base/backoff.ts';
import { disposable, DisposableStore } from '../base/disposable.ts';
import type { Connection, ConnectionKind } from './connections/connection.ts';

/**
 * When to look again by ourselves, in milliseconds, while somebody looks at the view: what is missing may be mended
 * outside of the editor. Absent: something else tells.
 */
export const lookAgainAfter: Readonly<Record<ConnectionKind, number | undefined>> = {
  looking: undefined,
  untrusted: undefined,
  noEngine: 15_000,
  engineStopped: 5000,
  engineForbidden: 15_000,
  engineTooOld: 30_000,
  failed: 10_000,
  notStarted: 15_000,
  starting: 1000,
  signedOut: undefined,
  unreachable: 2000,
  certificateRefused: 60_000,
  connected: undefined,
};

/** A server that is away is left in peace: it is asked less and less often, and not by everybody at once. */
const away: Backoff = { first: lookAgainAfter.unreachable ?? 0, most: 60_000, jitter: 0.5 };

/** The wait before the next look; `looks`: how many in a row have found a server away. */
export function waitBeforeLook(
  kind: ConnectionKind,
  looks: number,
  chance: () => number,
): number | undefined {
  return kind === 'unreachable' ? nextWait(looks, away, chance) : lookAgainAfter[kind];
}

/** Looks again for as long as `watched` says that somebody does; `wake` after that has changed. */
export function keepLooking(
  connection: Pick<Connection, 'state' | 'look' | 'onChange'>,
  watched: () => boolean,
): DisposableStore & { wake(): void } {
  const held = new DisposableStore();
  let timer: NodeJS.Timeout | undefined;
  let looks = 1;
  const lookNow = async (): Promise<void> => {
    await connection.look();
    looks += 1;
    wake();
  };
  const wake = (): void => {
    clearTimeout(timer);
    const { kind } = connection.state();
    if (kind !== 'unreachable') looks = 1;
    const wait = watched() && !held.disposed ? waitBeforeLook(kind, looks, Math.random) : undefined;
    if (wait !== undefined) timer = setTimeout(() => void lookNow(), wait);
  };
  held.add(connection.onChange(wake));
  held.add(disposable(() => clearTimeout(timer)));
  return Object.assign(held, { wake });
}
