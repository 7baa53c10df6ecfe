import { connectWorkspaces, reviewCertificate, signIn } from '../accounts/signIn.ts';
import type { PatrSession } from '../accounts/sessions.ts';
import { placeId, type PatrPlace } from '../connections/places.ts';
import { back } from '../prompts.ts';
import type { CommandContext } from './context.ts';

/** The connection that a command is meant for, as a node of the view or a button names it. */
export interface ConnectionMeant {
  readonly connection: { readonly id: string };
}

type Parts = Pick<CommandContext, 'accounts' | 'prompts' | 'notify'>;

/** Signs in and connects to workspaces; for a connection that is there, only the token is asked for. */
export async function signInCommand(context: Parts, meant?: ConnectionMeant): Promise<void> {
  const { accounts, notify } = context;
  const place = placeOf(context, meant);
  const session = await signIn(accounts, place?.url);
  if (session === undefined) return;
  if (place === undefined) return connect(context, session);
  // Another account may have the place from now on.
  await accounts.connections.add([{ ...place, accountId: session.id }]);
  await accounts.lookAnew(({ accountId }) => accountId === session.id);
  void notify.done(`${session.userName} is signed in to ${hostOf(session.url)}.`);
}

/** Removes a token from the key store, and what was connected with it from the view. */
export async function signOutCommand(context: Parts): Promise<void> {
  const { accounts, prompts, notify } = context;
  const sessions = await accounts.sessions.all();
  if (sessions.length === 0) return notify.done('Nobody is signed in. The local region needs no account.');
  const session = await chooseSession(context, sessions, 'Sign out of Patr');
  if (session === undefined) return;
  const { id, userName, url } = session;
  const names = accounts.connections
    .places()
    .flatMap(({ accountId, name }) => (accountId === id ? name : []));
  const gone =
    names.length === 0 ? '' : `${listed(names)} will not be shown any more; what is deployed there goes on. `;
  const detail = `${gone}The API token is removed from this machine. It stays good until it is revoked on the server.`;
  if (!(await prompts.confirm(`Sign out of ${hostOf(url)} as ${userName}?`, detail, 'Sign Out'))) return;
  await accounts.signOut(id);
  void notify.done(`${userName} is signed out of ${hostOf(url)}.`);
}

/** Other workspaces of somebody who is signed in; whoever is not, signs in. */
export async function addConnectionCommand(context: Parts): Promise<void> {
  const sessions = await context.accounts.sessions.all();
  if (sessions.length === 0) return signInCommand(context);
  const [only] = sessions;
  const session =
    sessions.length === 1 ? only : await chooseSession(context, sessions, 'Connect to another workspace');
  if (session !== undefined) await connect(context, session);
}

/** Takes a workspace out of the view. Nothing happens to what is deployed there, nor to the session. */
export async function removeConnectionCommand(context: Parts, meant?: ConnectionMeant): Promise<void> {
  const { accounts, notify } = context;
  const place = placeOf(context, meant) ?? (await choosePlace(context, 'Disconnect from a workspace'));
  if (place === undefined) return;
  await accounts.connections.remove([placeId(place)]);
  const again = { label: 'Connect again', run: () => accounts.connections.add([place]) };
  void notify.done(`${place.name} is not shown any more. What is deployed there goes on.`, [again]);
}

/** Shows the certificate that a server has now: to trust it, or to trust it no more. */
export async function reviewCertificateCommand(context: Parts, meant?: ConnectionMeant): Promise<void> {
  const { accounts, notify } = context;
  const encrypted = (place: PatrPlace): boolean => place.url.startsWith('https:');
  const question = 'Review the certificate of a server';
  const place = placeOf(context, meant) ?? (await choosePlace(context, question, encrypted));
  if (place === undefined) return;
  const host = hostOf(place.url);
  const lookAgain = (): Promise<void> => accounts.lookAnew(({ url }) => hostOf(url) === host);
  const outcome = await context.prompts.progress(`Looking at the certificate of ${host}`, (_, signal) =>
    reviewCertificate(accounts, place.url, signal),
  );
  if (outcome === 'refused') return;
  await lookAgain();
  if (outcome === 'trusted') return void notify.done(`The certificate of ${host} is trusted from now on.`);
  if (outcome === 'usual')
    return void notify.done(
      `${host} shows a certificate that this machine trusts. There is nothing to decide.`,
    );
  const stop = {
    label: 'Stop trusting it',
    run: async () => {
      await accounts.trust.forget(place.url);
      await lookAgain();
    },
  };
  void notify.done(`${host} shows the certificate that you trust.`, [stop]);
}

async function connect({ accounts, notify }: Parts, session: PatrSession): Promise<void> {
  const places = await connectWorkspaces(accounts, session);
  const who = `${session.userName} is signed in to ${hostOf(session.url)}`;
  if (places === undefined || places.length === 0)
    return void notify.done(`${who}. Connect to a workspace with “Connect to Another Workspace…”.`);
  await accounts.lookAnew(({ accountId }) => accountId === session.id);
  void notify.done(`${who}; ${listed(places.map(({ name }) => name))} can be deployed to.`);
}

async function chooseSession(
  { prompts }: Parts,
  sessions: readonly PatrSession[],
  title: string,
): Promise<PatrSession | undefined> {
  const items = sessions.map((session) => ({
    label: `$(account) ${session.userName}`,
    description: hostOf(session.url),
    session,
  }));
  const chosen = await prompts.pick(items, { title, placeholder: 'Which account?' });
  return chosen === undefined || chosen === back ? undefined : chosen.session;
}

/** Undefined: given up. @throws when there is none to choose. */
async function choosePlace(
  { accounts, prompts }: Parts,
  title: string,
  fits: (place: PatrPlace) => boolean = () => true,
): Promise<PatrPlace | undefined> {
  const places = accounts.connections.places().filter(fits);
  if (places.length === 0)
    throw new Error(`${title}: there is none of a server elsewhere. “Sign In…” connects to one.`);
  const items = places.map((place) => ({ label: place.name, description: hostOf(place.url), place }));
  const chosen = await prompts.pick(items, { title, placeholder: 'Which workspace?' });
  return chosen === undefined || chosen === back ? undefined : chosen.place;
}

function placeOf({ accounts }: Parts, meant: ConnectionMeant | undefined): PatrPlace | undefined {
  return accounts.connections.places().find((place) => placeId(place) === meant?.connection.id);
}

/** `acme`, `acme and beta`, `acme, beta and gamma`. */
function listed(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names);
}

function hostOf(url: string): string {
  return new URL(url).host;
}
