import type { CommandId } from '../ids.ts';
import type { ConnectionKind, ConnectionState } from './connection.ts';

/** What a person can do so that a connection stands again: a command, which is given the connection. */
export interface Remedy {
  readonly command: CommandId | 'workbench.trust.manage';
  readonly label: string;
}

/** What may be mended by itself, or outside of the editor. */
export const tryAgain: Remedy = { command: 'patr.connection.tryAgain', label: 'Try again' };

/** Undefined: nothing but to wait. */
const remedies: Readonly<Record<ConnectionKind, Remedy | undefined>> = {
  looking: undefined,
  starting: undefined,
  connected: undefined,
  untrusted: { command: 'workbench.trust.manage', label: 'Manage workspace trust' },
  notStarted: { command: 'patr.region.start', label: 'Start the local region' },
  signedOut: { command: 'patr.account.signIn', label: 'Sign in again' },
  certificateRefused: { command: 'patr.connection.reviewCertificate', label: 'Review the certificate' },
  unreachable: tryAgain,
  failed: tryAgain,
  noEngine: tryAgain,
  engineStopped: tryAgain,
  engineForbidden: tryAgain,
  engineTooOld: tryAgain,
};

/** What to do about a connection in this state; undefined: one that is not there any more. */
export function remedyOf(state: ConnectionState | undefined): Remedy | undefined {
  if (state === undefined) return { command: 'patr.connection.add', label: 'Connect again' };
  return remedies[state.kind];
}
