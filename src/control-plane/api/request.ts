import type { Context } from 'hono';
import { decode, decodeOr } from '../../protocol/decode.ts';
import type { Endpoint } from '../../protocol/endpoint.ts';
import { problem } from '../../protocol/problems.ts';
import { uuid } from '../../protocol/wire.ts';
import type { Caller } from './handler.ts';

/** Path parameters that are no ids. */
const freeParams = new Set(['digest', 'digestOrTag', 'name', 'metric']);

/** Checks what every request carries. @throws ProblemError as Patr words it. */
export function callerFrom(
  context: Context,
  endpoint: Endpoint,
  callerOf: (token: string) => Caller,
): Caller | undefined {
  if ((context.req.header('user-agent') ?? '') === '') throw invalidHeaders();
  if (endpoint.auth === 'none') return undefined;
  const token = tokenFrom(context);
  if (token === undefined) throw invalidHeaders();
  return callerOf(token);
}

/** The token that a request shows. */
export function tokenFrom(context: Context): string | undefined {
  return /^bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
}

function invalidHeaders() {
  return problem('wrongParameters', { says: 'Invalid Headers' });
}

/** Path parameters; every one that names a thing is an id. */
export function paramsFrom(context: Context): Record<string, string> {
  const params = context.req.param() as Record<string, string>;
  for (const [name, value] of Object.entries(params)) {
    if (!freeParams.has(name)) decodeOr(uuid, value, 'Invalid Request URL');
  }
  return params;
}

export function queryFrom(context: Context, endpoint: Endpoint): unknown {
  if (endpoint.query === undefined) return undefined;
  return decodeOr(endpoint.query, context.req.query(), 'Invalid Query Parameters');
}

/**
 * The decoded body. Where an endpoint takes none, nothing or `null` is fine and anything else is refused.
 * JSON that cannot be read, or lacks the shape, is an `Invalid body`; a value against a rule of its field gets
 * the usual sentence.
 */
export async function bodyFrom(context: Context, endpoint: Endpoint): Promise<unknown> {
  const text = await context.req.text();
  if (endpoint.body === undefined) {
    if (text.trim() !== '' && text.trim() !== 'null') throw invalidBody();
    return undefined;
  }
  const decoded = decode(endpoint.body, parsed(text));
  if (decoded.ok) return decoded.value;
  throw problem('wrongParameters', {
    fields: decoded.fields,
    ...(decoded.shape ? { says: 'Invalid body' } : {}),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidBody();
  }
}

function invalidBody() {
  return problem('wrongParameters', { says: 'Invalid body' });
}
