import type { ConnectionState } from './connection.ts';

/** Why there is nobody to ask now, as a sentence; undefined: there is no such connection any more. */
export function awayWords(state: ConnectionState | undefined): string {
  if (state === undefined) return 'Its server is not connected any more. Connect to it again to go on here.';
  switch (state.kind) {
    case 'looking':
      return 'The server is being looked for.';
    case 'untrusted':
      return 'Nothing is started in a workspace that is not trusted.';
    case 'notStarted':
      return 'The local region does not run. Start it to see and change what is deployed there.';
    case 'connected':
      return 'The server answers again.';
    case 'starting':
    case 'failed':
    case 'signedOut':
    case 'unreachable':
    case 'certificateRefused':
    case 'noEngine':
    case 'engineStopped':
    case 'engineForbidden':
    case 'engineTooOld':
      return state.message;
  }
}
