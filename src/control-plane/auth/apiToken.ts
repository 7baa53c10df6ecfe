import { createHash, timingSafeEqual } from 'node:crypto';
import { problem } from '../../protocol/problems.ts';
import type { Caller } from '../api/handler.ts';
import type { ApiTokenRow, ApiTokens } from '../state/apiTokens.ts';

/** The two parts of `patrv1.<secret>.<loginId>`. */
export interface TokenParts {
  readonly secret: string;
  readonly loginId: string;
}

const grammar = /^patrv1\.([0-9a-f]{32})\.([0-9a-f]{32})$/;

/** Absent when it is no API token. */
export function parseToken(token: string): TokenParts | undefined {
  const match = grammar.exec(token);
  const [, secret, loginId] = match ?? [];
  return secret === undefined || loginId === undefined ? undefined : { secret, loginId };
}

export function formatToken({ secret, loginId }: TokenParts): string {
  return `patrv1.${secret}.${loginId}`;
}

/**
 * What is kept of a secret. A plain hash is enough: the secret is 128 bits of chance, so there is nothing to
 * guess that a slow hash would protect, and every request pays for it.
 */
export function hashSecret({ secret, loginId }: TokenParts): string {
  return createHash('sha256').update(`${loginId}.${secret}`).digest('hex');
}

/** Whose token it is. @throws as `goodToken` does. */
export function callerOf(tokens: ApiTokens, token: string, now: number): Caller {
  const { loginId, userId, permissions } = goodToken(tokens, token, now);
  return { loginId, userId, permissions };
}

/**
 * What is kept of a token that is good now.
 * @throws ProblemError `malformedApiToken`, or `authorizationTokenInvalid` for one that is unknown, revoked,
 * expired or not good yet.
 */
export function goodToken(tokens: ApiTokens, token: string, now: number): ApiTokenRow {
  const parts = parseToken(token);
  if (parts === undefined) throw problem('malformedApiToken');
  const known = tokens.find(parts.loginId);
  // Unknown ones are compared as well, so that the time taken does not tell which login ids exist.
  const expected = known?.secretHash ?? hashSecret({ secret: '', loginId: parts.loginId });
  const right = same(hashSecret(parts), expected);
  if (!right || known === undefined || !isGood(known, now)) throw problem('authorizationTokenInvalid');
  return known;
}

function isGood({ notBefore, expiresAt, revokedAt }: ApiTokenRow, now: number): boolean {
  if (revokedAt !== undefined) return false;
  return (notBefore === undefined || notBefore <= now) && (expiresAt === undefined || now < expiresAt);
}

/** Compares two texts in a time that does not depend on where they differ. */
export function same(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
