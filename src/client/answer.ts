import { decode } from '../protocol/decode.ts';
import type { Endpoint } from '../protocol/endpoint.ts';
import { ProblemError, type FieldProblem } from '../protocol/problems.ts';
import type { Heard } from './connection.ts';
import { NotUnderstood, notOffered } from './errors.ts';

/** An answer, and the total of a paged list where the server told one. */
export interface Answer {
  readonly value: unknown;
  readonly total: number | undefined;
}

/** Decodes a success; `server` is its name for people. @throws ProblemError, NotOffered, NotUnderstood. */
export function understand(server: string, endpoint: Endpoint, heard: Heard): Answer {
  const { status, headers, text } = heard;
  if (!isSuccess(endpoint, status)) throw refusal(server, status, text);
  if (endpoint.returns === undefined || status === 205) return { value: undefined, total: undefined };
  const decoded = decode(endpoint.returns, parse(server, endpoint, text));
  if (!decoded.ok) {
    const [first] = decoded.fields;
    const field = first === undefined || first.field === '' ? 'it' : first.field;
    throw notUnderstood(server, endpoint, `${field}: ${first?.message ?? 'unexpected'}`);
  }
  return { value: decoded.value, total: totalIn(headers) };
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

/** The error that an answer outside the successes stands for. */
export function refusal(server: string, status: number, text: string): Error {
  if (status === 404 && text === '') return notOffered(server);
  const failure = failureIn(text);
  if (failure !== undefined) {
    return new ProblemError(
      olderCodes.get(failure.error) ?? failure.error,
      status,
      failure.message,
      failure.fields,
    );
  }
  const message = `${server} answered with status ${status} and without a reason that can be read. Try again; if it stays, look into the server's log.`;
  return new ProblemError('internalServerError', status, message);
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

function failureIn(text: string): { error: string; message: string; fields: FieldProblem[] } | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || !('error' in body) || typeof body.error !== 'string') {
    return undefined;
  }
  const message = 'message' in body && typeof body.message === 'string' ? body.message : body.error;
  const fields = 'fields' in body && Array.isArray(body.fields) ? body.fields.filter(isFieldProblem) : [];
  return { error: body.error, message, fields };
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
