import { createClient, type Api } from '../../client/client.ts';
import { shownCertificate, whyCertificateRefused } from '../../client/certificates.ts';
import { Unreachable } from '../../client/errors.ts';
import { describeError } from '../../base/log.ts';
import { isProblem } from '../../protocol/problems.ts';
import { placeId, type PatrPlace } from '../connections/places.ts';
import { back, type Place, type Prompts } from '../prompts.ts';
import { knownServers, type AccountParts } from './accountParts.ts';
import { isValid, trustQuestion } from './certificateWords.ts';
import { isTokenRefused, whyTokenRefused } from './refusedToken.ts';
import { isLoopback, parseServerAddress, patrCloud, tokenPage, tokenProblem } from './serverAddress.ts';
import { accountId, type PatrSession } from './sessions.ts';

const title = 'Sign in to Patr';
/** Server, address and token; the address is passed over where the server is known. */
const steps = 3;
/** How long is waited for a server to show its certificate, in milliseconds. */
const certificateMs = 10_000;

/**
 * Asks for a server, unless it is known which, and for a token, and keeps the session when the server takes the token.
 * Undefined: given up.
 */
export async function signIn(parts: AccountParts, known?: string): Promise<PatrSession | undefined> {
  for (;;) {
    const url = known ?? (await chooseServer(parts));
    if (url === undefined) return undefined;
    const session = await askForToken(parts, url, known === undefined ? { step: 3, of: steps } : undefined);
    if (session === undefined) return undefined;
    if (session === back) continue;
    await parts.sessions.put(session);
    return session;
  }
}

/**
 * Asks which workspaces of an account shall be connected to, and connects. Those that are already are ticked, and kept
 * when they are not any more: taking one away has a command of its own. Undefined: given up.
 */
export async function connectWorkspaces(
  parts: AccountParts,
  session: PatrSession,
): Promise<readonly PatrPlace[] | undefined> {
  const { connections, prompts } = parts;
  const { workspaces } = await prompts.progress(
    `Asking ${hostOf(session.url)} for your workspaces`,
    (_, signal) => clientOf(parts, session.url, session.token).listWorkspaces(undefined, { signal }),
  );
  const places = workspaces
    .map(({ id, name }) => ({ url: session.url, accountId: session.id, workspaceId: id, name }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const [first] = places;
  if (first === undefined)
    throw new Error(
      `${session.userName} is signed in to ${hostOf(session.url)}, but this token sees no workspace. Give it rights in one there, or make a workspace, and connect to it with “Connect to Another Workspace…”.`,
    );
  const chosen = places.length === 1 ? places : await chooseWorkspaces(parts, session, places);
  if (chosen === undefined) return undefined;
  await connections.add(chosen);
  return chosen;
}

async function chooseWorkspaces(
  { connections, prompts }: AccountParts,
  { url }: PatrSession,
  places: readonly PatrPlace[],
): Promise<readonly PatrPlace[] | undefined> {
  const there = new Set(connections.places().map(placeId));
  const none = !places.some((place) => there.has(placeId(place)));
  const items = places.map((place, at) => ({
    label: place.name,
    description: there.has(placeId(place)) ? 'connected' : '',
    picked: there.has(placeId(place)) || (none && at === 0),
    place,
  }));
  const placeholder = `Which workspaces of ${hostOf(url)} shall be shown?`;
  const chosen = await prompts.pickMany(items, { title: 'Connect to workspaces', placeholder });
  return chosen?.map(({ place }) => place);
}

/** Undefined: given up. */
async function chooseServer(parts: AccountParts): Promise<string | undefined> {
  const { prompts } = parts;
  for (;;) {
    const items = (await knownServers(parts)).map((url) => ({
      label: url === patrCloud ? '$(cloud) Patr’s cloud' : `$(server) ${hostOf(url)}`,
      description: url,
      url: url as string | undefined,
    }));
    const other = { label: '$(add) Another server…', description: 'a self-hosted Patr', url: undefined };
    const question = { title, placeholder: 'Where are your deployments?', place: { step: 1, of: steps } };
    const chosen = await prompts.pick([...items, other], question);
    if (chosen === undefined || chosen === back) return undefined;
    if (chosen.url !== undefined) return chosen.url;
    const url = await askForAddress(parts);
    if (url !== back) return url;
  }
}

async function askForAddress(parts: AccountParts): Promise<string | typeof back | undefined> {
  let found: string | undefined;
  const answer = await parts.prompts.input({
    title,
    placeholder: 'Address of the server, such as https://patr.example.com',
    value: 'https://',
    place: { step: 2, of: steps },
    check: (text) => {
      const parsed = parseServerAddress(text);
      return parsed.ok ? undefined : parsed.problem;
    },
    accept: async (text, signal) => {
      const looked = await lookForServer(parts, text, signal);
      if ('problem' in looked) return looked.problem;
      found = looked.url;
      return undefined;
    },
  });
  return answer === back ? back : answer && found;
}

type Looked = { readonly url: string } | { readonly problem: string };

/** Whether a Patr answers at an address, or below `/api`, where a self-hosted one may have its API. */
async function lookForServer(parts: AccountParts, text: string, signal: AbortSignal): Promise<Looked> {
  const parsed = parseServerAddress(text);
  if (!parsed.ok) return { problem: parsed.problem };
  const { url, encrypted } = parsed;
  if (!encrypted && !isLoopback(url) && !(await allowsPlain(parts.prompts, url)))
    return { problem: 'Nothing was sent. Use https, or ask the operator of the server for it.' };
  const places = new URL(url).pathname === '/' ? [url, `${url}/api`] : [url];
  for (const place of places) {
    const answered = await answersAsPatr(parts, place, signal);
    if (answered === true) return { url: place };
    if (answered !== false) return answered;
  }
  return {
    problem: `${hostOf(url)} answers, but not as Patr does. Check the address; it is that of the API, such as https://patr.example.com/api.`,
  };
}

function allowsPlain(prompts: Prompts, url: string): Promise<boolean> {
  return prompts.confirm(
    `Sign in to ${hostOf(url)} without encryption?`,
    'Over http, everybody between here and the server can read your API token and act as you. Use https wherever the server has it.',
    'Sign In Without Encryption',
  );
}

/** Patr refuses who has no token, in words of its own. What keeps the server from being asked is a problem. */
async function answersAsPatr(
  parts: AccountParts,
  url: string,
  signal: AbortSignal,
): Promise<boolean | { readonly problem: string }> {
  try {
    await clientOf(parts, url, 'none').getCurrentUser(undefined, { signal });
    return true;
  } catch (error) {
    if (isTokenRefused(error) || isProblem(error, 'wrongParameters') || isProblem(error, 'unauthorized'))
      return true;
    if (!(error instanceof Unreachable) && !signal.aborted) return false;
    const refused = whyRefused(parts, url, error);
    if (refused === undefined) return { problem: describeError(error) };
    return (await trustedNow(parts, url, refused, signal)) ?? answersAsPatr(parts, url, signal);
  }
}

function whyRefused({ trust }: AccountParts, url: string, error: unknown): string | undefined {
  return whyCertificateRefused(error, trust.of(url) !== undefined);
}

/** Shows a certificate that was refused and asks whether it shall be trusted. Undefined: it shall. */
async function trustedNow(
  parts: AccountParts,
  url: string,
  refused: string,
  signal: AbortSignal,
): Promise<{ readonly problem: string } | undefined> {
  const problem = `The certificate of ${hostOf(url)} is refused: ${refused}.`;
  try {
    if ((await reviewCertificate(parts, url, signal)) === 'trusted') return undefined;
  } catch (error) {
    return { problem: describeError(error) };
  }
  return { problem: `${problem} Ask the operator of the server; nothing was sent there.` };
}

/**
 * Shows the certificate that a server has now, and pins it if the person says so. `same`: it is the pinned one;
 * `usual`: the machine trusts it. @throws when it cannot be had, or could not be used.
 */
export async function reviewCertificate(
  { prompts, trust }: Pick<AccountParts, 'prompts' | 'trust'>,
  url: string,
  signal: AbortSignal,
): Promise<'trusted' | 'refused' | 'same' | 'usual'> {
  const shown = await prompts.busy(() => shownCertificate(url, { timeoutMs: certificateMs, signal }));
  const pinned = trust.of(url);
  if (pinned?.sha256 === shown.sha256 && isValid(shown, new Date())) return 'same';
  if (pinned === undefined && shown.trusted) return 'usual';
  const { text, detail, may } = trustQuestion(hostOf(url), shown, pinned, new Date());
  if (!may) throw new Error(`${text} ${detail}`);
  if (!(await prompts.confirm(text, detail, 'Trust This Certificate'))) return 'refused';
  await trust.pin(url, shown);
  return 'trusted';
}

/** `place`: of the question, where others came before it. */
async function askForToken(
  parts: AccountParts,
  url: string,
  place: Place | undefined,
): Promise<PatrSession | typeof back | undefined> {
  let session: PatrSession | undefined;
  const answer = await parts.prompts.input({
    title: `Sign in to ${hostOf(url)}`,
    placeholder: 'API token; it is kept in the key store of your system alone',
    value: '',
    password: true,
    ...(place === undefined ? {} : { place }),
    button: {
      icon: 'link-external',
      tooltip: 'Open the page where tokens are made',
      run: () => parts.prompts.open(tokenPage(url)),
    },
    check: tokenProblem,
    accept: async (text, signal) => {
      const taken = await sessionBy(parts, url, text.trim(), signal);
      if ('problem' in taken) return taken.problem;
      session = taken;
      return undefined;
    },
  });
  return answer === back ? back : answer === undefined ? undefined : session;
}

/** Whose token it is; only the server knows whether it is a good one. */
async function sessionBy(
  parts: AccountParts,
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<PatrSession | { readonly problem: string }> {
  try {
    const user = await clientOf(parts, url, token).getCurrentUser(undefined, { signal });
    return { id: accountId(url, user.id), url, userName: user.username, token };
  } catch (error) {
    if (isTokenRefused(error))
      return {
        problem: `${hostOf(url)} does not take this token: ${whyTokenRefused(error)}. Make a new one there.`,
      };
    const refused = whyRefused(parts, url, error);
    if (refused === undefined) return { problem: describeError(error) };
    return (await trustedNow(parts, url, refused, signal)) ?? sessionBy(parts, url, token, signal);
  }
}

function clientOf({ ways }: Pick<AccountParts, 'ways'>, url: string, token: string): Api {
  return createClient(ways.to(url, token));
}

function hostOf(url: string): string {
  return new URL(url).host;
}
