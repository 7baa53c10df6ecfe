import { localId, type Connection, type ConnectionKind } from '../connections/connection.ts';
import type { Look } from './look.ts';

/** A region that does not answer its server. */
export const lostLook: Look = { icon: 'debug-disconnect', color: 'charts.red', words: 'not connected' };

/** Nothing is said of one that stands. */
const looks: Readonly<Record<ConnectionKind, Look>> = {
  looking: { icon: 'sync', words: 'being looked for' },
  starting: { icon: 'sync', color: 'charts.yellow', words: 'starting' },
  connected: { icon: 'cloud', words: '' },
  untrusted: { icon: 'shield', color: 'charts.yellow', words: 'workspace not trusted' },
  notStarted: { icon: 'circle-slash', words: 'not started' },
  signedOut: { icon: 'account', color: 'charts.yellow', words: 'sign in again' },
  certificateRefused: { icon: 'shield', color: 'charts.red', words: 'certificate refused' },
  unreachable: { icon: 'debug-disconnect', color: 'charts.red', words: 'unreachable' },
  failed: { icon: 'error', color: 'charts.red', words: 'failed' },
  noEngine: { icon: 'circle-slash', words: 'no Docker engine' },
  engineStopped: { icon: 'circle-slash', words: 'the Docker engine is stopped' },
  engineForbidden: { icon: 'circle-slash', words: 'the Docker engine refuses' },
  engineTooOld: { icon: 'circle-slash', words: 'the Docker engine is too old' },
};

export function connectionLook(connection: Connection): Look {
  const { kind } = connection.state();
  if (kind === 'connected' && connection.id === localId)
    return { ...looks.connected, icon: 'server-environment' };
  return looks[kind];
}

/** How it is when it does not stand, where it is, and what the trust in it rests on: there is little room. */
export function connectionFacts(connection: Connection): string {
  const { words } = connectionLook(connection);
  return [words, connection.description].filter((part) => part !== '').join(' · ');
}
