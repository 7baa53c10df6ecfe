import type {
  AuthenticationProvider,
  AuthenticationProviderAuthenticationSessionsChangeEvent,
  AuthenticationProviderSessionOptions,
  AuthenticationSession,
  Event,
} from 'vscode';
import type { PatrSession, Sessions } from './sessions.ts';

/** The provider's name in the manifest. */
export const providerId = 'patr';

/**
 * Patr's accounts as the editor knows them. A scope is the address of a server: whoever names none is given the sessions
 * of all, or the choice.
 */
export class PatrAuthentication implements AuthenticationProvider {
  readonly #sessions: Sessions;
  readonly #signIn: (url: string | undefined) => Promise<PatrSession | undefined>;
  readonly #signOut: (id: string) => Promise<void>;

  constructor(
    sessions: Sessions,
    signIn: (url: string | undefined) => Promise<PatrSession | undefined>,
    signOut: (id: string) => Promise<void>,
  ) {
    this.#sessions = sessions;
    this.#signIn = signIn;
    this.#signOut = signOut;
  }

  readonly onDidChangeSessions: Event<AuthenticationProviderAuthenticationSessionsChangeEvent> = (
    listener,
    self,
    disposables,
  ) => {
    const listening = this.#sessions.onChange(({ added, removed, changed }) => {
      const told = {
        added: added.map(asShown),
        removed: removed.map(asShown),
        changed: changed.map(asShown),
      };
      listener.call(self, told);
    });
    disposables?.push(listening);
    return listening;
  };

  async getSessions(
    scopes: readonly string[] | undefined,
    { account }: AuthenticationProviderSessionOptions,
  ): Promise<AuthenticationSession[]> {
    const all = await this.#sessions.all();
    return all
      .filter(({ url }) => (scopes ?? []).every((scope) => scope === url))
      .filter(({ id }) => account === undefined || account.id === id)
      .map(asShown);
  }

  /** @throws when the person gives up, as the editor expects of providers. */
  async createSession(
    [scope]: readonly string[],
    { account }: AuthenticationProviderSessionOptions,
  ): Promise<AuthenticationSession> {
    const known = account === undefined ? undefined : await this.#sessions.get(account.id);
    const session = await this.#signIn(scope ?? known?.url);
    if (session === undefined) throw new Error('Signing in to Patr was given up.');
    return asShown(session);
  }

  removeSession(id: string): Promise<void> {
    return this.#signOut(id);
  }
}

function asShown({ id, url, userName, token }: PatrSession): AuthenticationSession {
  const label = `${userName} (${new URL(url).host})`;
  return { id, accessToken: token, account: { id, label }, scopes: [url] };
}
