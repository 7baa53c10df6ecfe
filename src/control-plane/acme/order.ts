import { Client, crypto } from 'acme-client';
import type { Clock } from '../../base/clock.ts';
import { AcmeRefusal, patienceMs, problemWords, withExchange, type Exchange } from './transport.ts';

/** Answers what the authority asks at `http://<host>/.well-known/acme-challenge/<token>`. */
export interface Challenges {
  present(token: string, answer: string, options: { signal: AbortSignal }): Promise<void>;
  withdraw(token: string, options: { signal?: AbortSignal }): Promise<void>;
}

/** A certificate authority that speaks ACME, as one account sees it. */
export interface AcmeAuthority {
  /**
   * Gets a certificate for exactly these hosts: key and chain, PEM. What it presented is withdrawn, whatever came of
   * it. @throws AcmeRefusal, AcmeUnreachable.
   */
  order(
    hosts: readonly [string, ...string[]],
    challenges: Challenges,
    options: { signal: AbortSignal },
  ): Promise<string>;
}

export interface AcmeAccount {
  /** URL of the authority's directory. */
  readonly directory: string;
  /** Told when a certificate is about to end or a rule changes; absent: nobody. */
  readonly contact: string | undefined;
  /** Private key, PEM. */
  readonly key: string;
}

export interface AcmeParts extends Pick<Exchange, 'roots' | 'userAgent'> {
  readonly account: AcmeAccount;
  readonly clock: Clock;
}

const firstPollMs = 250;
const longestPollMs = 10_000;
/** How long the edge may take to forget an answer, in milliseconds. */
const withdrawWithinMs = 10_000;
/** How long an authority may take for one order, in milliseconds. */
const orderWithinMs = 180_000;

export function acmeAuthority({ account, clock, roots, userAgent }: AcmeParts): AcmeAuthority {
  const { directory, contact, key } = account;
  let client: Client | undefined;
  /** Tokens that were presented and are not withdrawn: what the edge could not be told is told with the next order. */
  const presented = new Set<string>();

  /** The account is made at the first order, and found again by its key afterwards. */
  async function signedIn(): Promise<Client> {
    if (client !== undefined) return client;
    const made = new Client({ directoryUrl: directory, accountKey: key });
    const contacts = contact === undefined ? {} : { contact: [`mailto:${contact}`] };
    await made.createAccount({ termsOfServiceAgreed: true, ...contacts });
    client = made;
    return made;
  }

  return {
    async order(hosts, challenges, { signal }) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(orderWithinMs)]);
      const exchange = { signal: limit, now: () => clock.now(), roots, userAgent };
      try {
        return await withExchange(exchange, async () => {
          const at = await signedIn();
          return runOrder(at, hosts, { challenges, presented }, { clock, signal: limit });
        });
      } catch (error) {
        // Authorities forget accounts, those for trials now and then all of them: the next order makes it anew.
        if (error instanceof AcmeRefusal && error.type === 'accountDoesNotExist') client = undefined;
        throw error;
      }
    },
  };
}

interface Presenting {
  readonly challenges: Challenges;
  readonly presented: Set<string>;
}

interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type Order = Awaited<ReturnType<Client['createOrder']>>;

async function runOrder(
  client: Client,
  hosts: readonly [string, ...string[]],
  presenting: Presenting,
  waiting: Waiting,
): Promise<string> {
  const identifiers = hosts.map((value) => ({ type: 'dns', value }));
  const order = await client.createOrder({ identifiers });
  await proveHosts(client, order, presenting, waiting);
  const key = await crypto.createPrivateEcdsaKey('P-256');
  const [, csr] = await crypto.createCsr({ altNames: [...hosts] }, key);
  await untilSettled(waiting, async () => (await client.getOrder(order)).status !== 'pending');
  await client.finalizeOrder(order, csr);
  await untilSettled(waiting, async () => {
    const { status } = await client.getOrder(order);
    if (status === 'invalid')
      throw new AcmeRefusal('The authority gave the order up without a reason.', '', undefined);
    return status === 'valid';
  });
  const chain = await client.getCertificate(await client.getOrder(order));
  return `${chain.trim()}\n${key.toString().trim()}\n`;
}

/** Shows the authority that these hosts lead here. */
async function proveHosts(
  client: Client,
  order: Order,
  { challenges, presented }: Presenting,
  waiting: Waiting,
): Promise<void> {
  const { signal } = waiting;
  try {
    for (const authorization of await client.getAuthorizations(order)) {
      if (authorization.status === 'valid') continue;
      const challenge = authorization.challenges.find(({ type }) => type === 'http-01');
      if (challenge === undefined)
        throw new AcmeRefusal('The authority does not offer to check by HTTP.', 'unsupported', undefined);
      presented.add(challenge.token);
      await challenges.present(challenge.token, await client.getChallengeKeyAuthorization(challenge), {
        signal,
      });
      await client.completeChallenge(challenge);
    }
    await untilSettled(waiting, async () => {
      const found = await client.getAuthorizations(order);
      const lost = found.find(isLost);
      if (lost !== undefined) throw notProven(lost);
      return found.every(({ status }) => status === 'valid');
    });
  } finally {
    // Also when everything was given up: a token that stays would be answered for ever.
    await withdrawAll({ challenges, presented });
  }
}

/** What cannot be withdrawn hides nothing of what came of the order, and keeps no other from being withdrawn. */
async function withdrawAll({ challenges, presented }: Presenting): Promise<void> {
  const limit = AbortSignal.timeout(withdrawWithinMs);
  await Promise.allSettled(
    Array.from(presented, async (token) => {
      await challenges.withdraw(token, { signal: limit });
      presented.delete(token);
    }),
  );
}

type Authorization = Awaited<ReturnType<Client['getAuthorizations']>>[number];

/** Some authorities leave a check that failed open, for the client to ask for it again. */
function isLost({ status, challenges }: Authorization): boolean {
  if (status !== 'pending') return status !== 'valid';
  return challenges.some((one) => one.status === 'pending' && errorOf(one) !== undefined);
}

function errorOf(challenge: object): object | undefined {
  const { error } = challenge as { error?: object | null };
  return error ?? undefined;
}

function notProven({ identifier, challenges }: Authorization): AcmeRefusal {
  const errors = challenges.map((one) => problemWords(errorOf(one)));
  const { type = '', detail = 'it gave no reason' } =
    errors.find((one) => one.detail !== undefined) ?? errors.find((one) => one.type !== '') ?? {};
  return new AcmeRefusal(`${identifier.value} could not be checked: ${detail}`, type, undefined);
}

/** Asks less and less often, and never sooner than the authority wants. */
async function untilSettled({ clock, signal }: Waiting, isSettled: () => Promise<boolean>): Promise<void> {
  for (let wait = firstPollMs; !(await isSettled()); wait = Math.min(longestPollMs, wait * 2)) {
    const patience = patienceMs() ?? 0;
    // The order is over by then, and a timer cannot count as far as an authority may ask for.
    if (patience > orderWithinMs)
      throw new AcmeRefusal('The authority wants to be asked again later.', '', patience);
    await clock.sleep(Math.max(wait, patience), signal);
  }
}
