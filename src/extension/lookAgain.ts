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

/** Looks again for as long as `watched` says that somebody does; `wake` after that has changed. */
export function keepLooking(
  connection: Pick<Connection, 'state' | 'look' | 'onChange'>,
  watched: () => boolean,
): DisposableStore & { wake(): void } {
  const held = new DisposableStore();
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    clearTimeout(timer);
    const wait = watched() && !held.disposed ? lookAgainAfter[connection.state().kind] : undefined;
    if (wait !== undefined) timer = setTimeout(() => void connection.look().finally(wake), wait);
  };
  held.add(connection.onChange(wake));
  held.add(disposable(() => clearTimeout(timer)));
  return Object.assign(held, { wake });
}
