import type { Event } from '../../base/emitter.ts';
import type { Target } from '../../deploy/target.ts';
import type { Runner } from '../../protocol/shapes/workspace.ts';

/** Why nothing can be shown of a connection, or that it can. Each is a welcome view or a node with what to do. */
export type ConnectionState =
  | { readonly kind: 'looking' }
  | { readonly kind: 'untrusted' }
  | {
      readonly kind: 'noEngine' | 'engineStopped' | 'engineForbidden' | 'engineTooOld';
      readonly message: string;
    }
  | { readonly kind: 'failed'; readonly message: string }
  /** There is an engine, and no local region on it that runs. */
  | { readonly kind: 'notStarted' }
  | { readonly kind: 'starting'; readonly message: string }
  /** Of a server that asks who one is: nobody is signed in, or the token is refused. */
  | { readonly kind: 'signedOut'; readonly message: string }
  /** No answer comes; it is looked at again by itself. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** What answers cannot show that it is the server; nothing was said to it. */
  | { readonly kind: 'certificateRefused'; readonly message: string }
  | { readonly kind: 'connected'; readonly target: Target; readonly regions: readonly Runner[] };

export type ConnectionKind = ConnectionState['kind'];

/** Id of the connection to the region of this machine. What names no connection means this one. */
export const localId = 'local';

/** One workspace of one server, whose deployments are shown. */
export interface Connection {
  /** The same after every reload, and after one has signed out and in again. */
  readonly id: string;
  readonly label: string;
  /** What stands beside the label: where it is, and what the trust in it rests on. */
  readonly description: string;
  /** Whether its instances are on an engine that the editor reaches, so that a shell can be opened in them. */
  readonly hasShells: boolean;
  state(): ConnectionState;
  readonly onChange: Event<void>;
  /** Finds out how things are now. Cheap when they are as they were. */
  look(signal?: AbortSignal): Promise<void>;
}

/** Whether those who look see something else, or ask somebody else, than before. */
export function differ(before: ConnectionState, after: ConnectionState): boolean {
  if (before.kind !== after.kind) return true;
  if (before.kind !== 'connected' || after.kind !== 'connected')
    return JSON.stringify(before) !== JSON.stringify(after);
  return before.target !== after.target || shown(before.regions) !== shown(after.regions);
}

function shown(regions: readonly Runner[]): string {
  return JSON.stringify(regions.map(({ id, name, connected, message }) => [id, name, connected, message]));
}
