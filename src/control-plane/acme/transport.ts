import { AsyncLocalStorage } from 'node:async_hooks';
import { rootCertificates } from 'node:tls';
import { axios } from 'acme-client';
import { Agent, fetch } from 'undici';
import { withTimeout } from '../../base/abort.ts';
import { boundedText } from '../../base/boundedText.ts';

/** What the certificate authority said no to, in its own words. */
export class AcmeRefusal extends Error {
  override readonly name = 'AcmeRefusal';
  /** The last part of its URN, such as `rateLimited`; empty when it gave none. */
  readonly type: string;
  /** How long it wants to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, type: string, retryAfterMs: number | undefined) {
    super(message);
    this.type = type;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The certificate authority cannot be reached. */
export class AcmeUnreachable extends Error {
  override readonly name = 'AcmeUnreachable';
}

export interface Exchange {
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Certificates (PEM) that the server of the authority is checked against, beside those that Node trusts. */
  readonly roots: string | undefined;
  readonly userAgent: string;
}

interface Open extends Exchange {
  readonly agent: Agent;
  /** What the last answer asked for, in milliseconds. */
  patienceMs: number | undefined;
}

const exchanges = new AsyncLocalStorage<Open>();
const timeoutMs = 30_000;
/** In bytes. */
const longestAnswer = 1024 * 1024;
const urn = 'urn:ietf:params:acme:error:';

/**
 * Runs work with a certificate authority. The library's own way to ask waits and tries again without an end that we
 * could give it, and keeps nothing of a refusal but its sentence: so it asks through us.
 */
export async function withExchange<T>(exchange: Exchange, work: () => Promise<T>): Promise<T> {
  const { roots } = exchange;
  const agent = new Agent(roots === undefined ? {} : { connect: { ca: [...rootCertificates, roots] } });
  try {
    return await exchanges.run({ ...exchange, agent, patienceMs: undefined }, work);
  } finally {
    await agent.destroy();
  }
}

/** How long the last answer asks to wait before the next question, in milliseconds. */
export function patienceMs(): number | undefined {
  return exchanges.getStore()?.patienceMs;
}

interface Request {
  readonly url?: string;
  readonly method?: string;
  readonly headers: { toJSON(): Record<string, unknown> };
  readonly data?: unknown;
}

axios.defaults.adapter = async (config) => {
  const { url = '', method = 'get', headers, data } = config as Request;
  const open = exchanges.getStore();
  if (open === undefined) throw new Error('Nothing is asked of a certificate authority outside an exchange.');
  const sent = Object.entries(headers.toJSON()).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  const broken = (error: unknown): never => {
    open.signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AcmeUnreachable(`The certificate authority at ${new URL(url).host} cannot be reached: ${why}`);
  };
  const answer = await fetch(url, {
    method: method.toUpperCase(),
    headers: [...sent, ['user-agent', open.userAgent]],
    ...(typeof data === 'string' ? { body: data } : {}),
    dispatcher: open.agent,
    redirect: 'error',
    signal: withTimeout(timeoutMs, open.signal),
  }).catch(broken);
  const text = await boundedText(answer.body, longestAnswer).catch(broken);
  if (text === undefined) throw new AcmeUnreachable('The certificate authority answers too much.');
  open.patienceMs = retryAfter(answer.headers.get('retry-after'), open.now());
  if (answer.status >= 400) throwRefusal(answer.status, text, open.patienceMs);
  const { status, statusText } = answer;
  return { data: text, status, statusText, headers: Object.fromEntries(answer.headers), config };
};

/** A nonce that is not good any more is the library's to deal with; everything else is a refusal. */
function throwRefusal(status: number, text: string, retryAfterMs: number | undefined): void {
  const { type, detail } = problemOf(text);
  if (type === 'badNonce') return;
  throw new AcmeRefusal(detail ?? `The certificate authority answers ${status}.`, type, retryAfterMs);
}

function problemOf(text: string): { readonly type: string; readonly detail: string | undefined } {
  try {
    const value = JSON.parse(text) as { type?: unknown; detail?: unknown };
    return problemWords(value);
  } catch {
    return { type: '', detail: undefined };
  }
}

/** Type and words of a problem as RFC 8555 has it, in what came from elsewhere. */
export function problemWords(value: { type?: unknown; detail?: unknown } | null | undefined): {
  readonly type: string;
  readonly detail: string | undefined;
} {
  const { type, detail } = value ?? {};
  return {
    type: typeof type === 'string' ? type.replace(urn, '') : '',
    detail: typeof detail === 'string' ? detail.replaceAll(/\s+/g, ' ').slice(0, 1000) : undefined,
  };
}

/** Reads seconds or a date. Undefined: nothing that could be waited for. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const isDate = /^[A-Z][a-z]{2}, /.test(header);
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : isDate ? Date.parse(header) - now : 0;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
