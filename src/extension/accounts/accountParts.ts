import type { Connections } from '../connections/connections.ts';
import type { KeptTrust } from '../connections/keptTrust.ts';
import type { Ways } from '../connections/ways.ts';
import type { Prompts } from '../prompts.ts';
import { patrCloud } from './serverAddress.ts';
import type { Sessions } from './sessions.ts';

/** What signing in stands on. */
export interface AccountParts {
  readonly sessions: Sessions;
  readonly connections: Connections;
  readonly trust: KeptTrust;
  readonly ways: Ways;
  readonly prompts: Prompts;
}

/** Addresses of the cloud, and of every server where somebody is or was signed in. */
export async function knownServers({
  sessions,
  connections,
}: Pick<AccountParts, 'sessions' | 'connections'>): Promise<readonly string[]> {
  const known = [...(await sessions.all()), ...connections.places()].map(({ url }) => url);
  return Array.from(new Set([patrCloud, ...known]));
}
