import { decode } from '../protocol/decode.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import { ProblemError, type FieldProblem } from '../protocol/problems.ts';
import type { Heard } from './connection.ts';
import { notOffered, NotUnderstood, Unreachable } from './errors.ts';
import { patienceAsked } from './retry.ts';

/** An answer, and the total of a paged list where the server told one. */
export interface Answer {
  readonly value: unknown;
  readonly total: number | undefined;
}

/**
 * Decodes a success; `server` is its name for people, `now` this machine's time.
 * @throws ProblemError, Unreachable, NotOffered, NotUnderstood.
 */
export function understand(server: string, endpoint: Endpoint, heard: Heard, now: number): Answer {
  const { status, headers, text } = heard;
  if (!isSuccess(endpoint, status)) throw refusal(server, heard, now);
  if (status === 205) return { value: undefined, total: undefined };
  if (endpoint.returns === undefined) {
    // What says nothing but success must say that: a sign-in page of a network does not.
    if (text !== '') agreed(server, endpoint, heard);
    return { value: undefined, total: undefined };
  }
  const body = agreed(server, endpoint, heard);
  const decoded = decode(endpoint.returns, body);
  if (!decoded.ok) {
    const [first] = decoded.fields;
    const field = first === undefined || first.field === '' ? 'it' : first.field;
    throw notUnderstood(server, endpoint, `${field}: ${first?.message ?? 'unexpected'}`);
  }
  return { value: decoded.value, total: totalIn(headers) };
}

/** The body of a success. A failure may come with the status of one. */
function agreed(server: string, endpoint: Endpoint, { status, headers, text }: Heard): unknown {
  if (isWebPage(headers, text)) throw webPage(server);
  const body = parse(server, endpoint, text);
  const failure = failureIn(body);
  if (failure !== undefined) throw problemOf(failure, status);
  if (typeof body !== 'object' || body === null) throw notUnderstood(server, endpoint, 'it is no object');
  return body;
}

/** Patr's generations answer successes with different numbers of the 200s. */
export function isSuccess(endpoint: Endpoint, status: number): boolean {
  return endpoint.answer === 'lines' ? status === endpoint.status : status >= 200 && status < 300;
}

export function notUnderstood(
  server: string,
  endpoint: Endpoint,
  why: string,
  cause?: unknown,
): NotUnderstood {
  const what = `${endpoint.method} ${endpoint.path}`;
  const message = `The answer of ${server} to ${what} was not understood (${why}). Check the address, or update the extension.`;
  return new NotUnderstood(message, { cause });
}

/** Whether people were meant to read it, and not a program. */
export function isWebPage(headers: Headers, text: string): boolean {
  return /^text\/html\b/i.test(headers.get('content-type') ?? '') || /^\s*<(!doctype|html)\b/i.test(text);
}

export function webPage(server: string): NotUnderstood {
  return new NotUnderstood(
    `Instead of the API of ${server} a web page answered: the sign-in page of a network, or a proxy. Open http://${server} in a browser to see it; if it is something else, check the address.`,
  );
}

/** The error that an answer outside the successes stands for; `now` is this machine's time. */
export function refusal(server: string, heard: Heard, now: number): Error {
  const { status, headers, text } = heard;
  if (isRedirect(status)) return redirected(server, headers);
  if (status === 404 && text === '') return notOffered(server);
  const asked = patienceAsked(headers, now);
  if (status === 429) {
    const says = `${server} was asked too often.${patienceWords(asked)} Try again later.`;
    return new Unreachable(says, { retryAfterMs: asked });
  }
  const failure = failureIn(jsonIn(text));
  if (failure !== undefined) return problemOf(failure, status);
  if (status >= 502 && status <= 504) {
    const says = `${server} is away: what stands in front of it answered with status ${status}.${patienceWords(asked)} Try again; what is deployed there goes on.`;
    return new Unreachable(says, { retryAfterMs: asked });
  }
  if (status === 407) {
    const message = `A proxy on the way to ${server} wants to know who asks (status 407). Sign in to it in the editor's settings (http.proxy).`;
    return new ProblemError('internalServerError', status, message);
  }
  const message = `${server} answered with status ${status} and without a reason that can be read. Try again; if it stays, look into the server's log.`;
  return new ProblemError('internalServerError', status, message);
}

/** 0: an editor's network does not show where to. */
function isRedirect(status: number): boolean {
  return status === 0 || (status >= 300 && status < 400);
}

/** The token is shown to no other server. */
function redirected(server: string, headers: Headers): NotUnderstood {
  const location = headers.get('location') ?? '';
  const to = URL.canParse(location, `http://${server}`) ? new URL(location, `http://${server}`).origin : '';
  const where = to === '' ? 'to another address' : `to ${to}`;
  return new NotUnderstood(
    `${server} sends on ${where}, which is not asked: it would see the API token. If it is a network's sign-in page, sign in there; if the server has moved, use its new address.`,
  );
}

function patienceWords(ms: number): string {
  if (ms === 0) return '';
  const time = ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`;
  return ` It wants to be left alone for ${time}.`;
}

interface ReadFailure {
  readonly error: string;
  readonly message: string;
  readonly fields: FieldProblem[];
}

function problemOf({ error, message, fields }: ReadFailure, status: number): ProblemError {
  return new ProblemError(olderCodes.get(error) ?? error, status, message, fields);
}

/** Codes of the legacy generation that have another name today. */
const olderCodes: ReadonlyMap<string, string> = new Map([
  ['resourceExists', 'resourceAlreadyExists'],
  ['serverError', 'internalServerError'],
  ['reducedVolumeSize', 'cannotReduceVolumeSize'],
  ['invalidDeploymentName', 'wrongParameters'],
  ['invalidImageName', 'wrongParameters'],
]);

function parse(server: string, endpoint: Endpoint, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notUnderstood(server, endpoint, 'it is not JSON', error);
  }
}

function totalIn(headers: Headers): number | undefined {
  const text = headers.get('x-total-count');
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The most that people are shown of a server's words, in characters. */
const longestMessage = 2000;

/** Undefined: it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A failure in Patr's envelope. */
function failureIn(body: unknown): ReadFailure | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body) || typeof body.error !== 'string') {
    return undefined;
  }
  if ('success' in body && body.success === true) return undefined;
  if (body.error === '') return undefined;
  const told = 'message' in body && typeof body.message === 'string' ? body.message.trim() : '';
  const message = told === '' ? `The server says no more than “${body.error}”.` : told;
  const fields = 'fields' in body && Array.isArray(body.fields) ? body.fields.filter(isFieldProblem) : [];
  return { error: body.error, message: message.slice(0, longestMessage), fields };
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'field' in value &&
    typeof value.field === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
