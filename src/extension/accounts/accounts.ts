import { authentication, window, type ExtensionContext } from 'vscode';
import { DisposableStore } from '../../base/disposable.ts';
import { openSocketOfBundle } from '../../client/socketBundle.ts';
import type { Connection } from '../connections/connection.ts';
import { Connections } from '../connections/connections.ts';
import { KeptTrust } from '../connections/keptTrust.ts';
import { PatrConnection } from '../connections/patrConnection.ts';
import { KeptPlaces, placeId, type PatrPlace } from '../connections/places.ts';
import { Ways } from '../connections/ways.ts';
import { registryOf } from '../settings.ts';
import type { Output } from '../output.ts';
import type { Prompts } from '../prompts.ts';
import { knownServers, type AccountParts } from './accountParts.ts';
import { PatrAuthentication, providerId } from './authentication.ts';
import { Sessions, type PatrSession, type SessionsChange } from './sessions.ts';

export interface AccountsOptions {
  readonly context: Pick<ExtensionContext, 'globalState' | 'secrets'>;
  /** The connection to the local region. */
  readonly local: Connection;
  readonly prompts: Prompts;
  readonly userAgent: string;
  readonly output: Output;
}

/** Who is signed in where, and what that connects to. */
export interface Accounts extends DisposableStore, AccountParts {
  /** Removes the token, and takes the account's connections out of the view. */
  readonly signOut: (accountId: string) => Promise<void>;
  /** Finds out anew how those connections are whose place fits. */
  readonly lookAnew: (fits: (place: PatrPlace) => boolean) => Promise<void>;
}

/** Nothing is read and nobody is asked before somebody looks, the editor for its Accounts menu included. */
export function accounts({ context, local, prompts, userAgent, output }: AccountsOptions): Accounts {
  const held = new DisposableStore();
  const sessions = held.add(new Sessions(context.secrets, output));
  const trust = new KeptTrust(context.globalState);
  const ways = held.add(new Ways({ trust, openSocket: openSocketOfBundle, registryOf, userAgent }));
  const make = (place: PatrPlace): PatrConnection => {
    const token = async () => (await sessions.get(place.accountId))?.token;
    const connection = new PatrConnection({ place, token, ways, trust, log: output });
    offerInMenu(connection, place, sessions);
    return connection;
  };
  const connections = held.add(new Connections(local, new KeptPlaces(context.globalState), make, output));
  const parts: AccountParts = { sessions, connections, trust, ways, prompts };
  const made = Object.assign(held, parts, {
    signOut: async (accountId: string) => {
      const session = await sessions.get(accountId);
      const own = connections.places().filter((place) => place.accountId === accountId);
      await connections.remove(own.map(placeId));
      await sessions.remove(accountId);
      const { url } = session ?? own[0] ?? {};
      if (url !== undefined && !(await knownServers(parts)).includes(url)) await trust.forget(url);
    },
    lookAnew: async (fits: (place: PatrPlace) => boolean) => {
      const ids = new Set(connections.places().filter(fits).map(placeId));
      const meant = connections.all().filter((one) => one instanceof PatrConnection && ids.has(one.id));
      await Promise.all(meant.map((one) => (one as PatrConnection).lookAnew()));
    },
  });
  held.add(sessions.onChange((change) => void followSessions(made, change)));
  // Another window may have connected to something meanwhile.
  held.add(window.onDidChangeWindowState(({ focused }) => void (focused && connections.readAgain())));
  held.add(registerProvider(made));
  return made;
}

/** Where a connection has nobody who is signed in, the Accounts menu offers to. It ends with the connection. */
function offerInMenu(connection: PatrConnection, { url, accountId }: PatrPlace, sessions: Sessions): void {
  const offer = async (): Promise<void> => {
    if ((await sessions.get(accountId)) === undefined) await authentication.getSession(providerId, [url], {});
  };
  connection.onChange(() => {
    // The view says the same, so nothing is lost where the menu cannot.
    if (connection.state().kind === 'signedOut') offer().catch(() => undefined);
  });
}

function registerProvider(parts: Accounts) {
  const provider = new PatrAuthentication(
    parts.sessions,
    async (url) => {
      if (url !== undefined && !(await knownServers(parts)).includes(url))
        throw new Error(
          `Nobody has signed in to ${url} here before. Run “Patr: Sign In…” and choose it there first.`,
        );
      const { connectWorkspaces, signIn } = await import('./signIn.ts');
      const session = await signIn(parts, url);
      if (session !== undefined) await connectWorkspaces(parts, session);
      return session;
    },
    (id) => parts.signOut(id),
  );
  return authentication.registerAuthenticationProvider(providerId, 'Patr', provider, {
    supportsMultipleAccounts: true,
  });
}

/** In this window or in another one somebody has signed in or out. */
async function followSessions(
  { connections, lookAnew }: Accounts,
  { added, removed, changed }: SessionsChange,
): Promise<void> {
  connections.readAgain();
  const ids = new Set([...added, ...removed, ...changed].map(({ id }: PatrSession) => id));
  // One that nobody has looked at so far is not asked for this.
  const seen = new Set(connections.all().flatMap((one) => (one.state().kind === 'looking' ? [] : one.id)));
  await lookAnew((place) => ids.has(place.accountId) && seen.has(placeId(place)));
}
