import assert from 'node:assert/strict';
import { looksLikeCredential } from '../../../src/protocol/credentials.ts';

/** Put together here, so that nobody who looks for leaked keys finds these. */
const like = (...parts: readonly string[]): string => parts.join('');

describe('a raw value', () => {
  const credentials: readonly (readonly [string, string])[] = [
    ['DB_PASSWORD', 'hunter2'],
    ['dbPassword', 'hunter2'],
    ['API_KEY', 'abc'],
    ['STRIPE_TOKEN', 'abc'],
    ['DATABASE_URL', 'postgres://shop:geheim@db:5432/shop'],
    ['ANYTHING', like('gh', 'p_', 'a'.repeat(36))],
    ['ANYTHING', like('AK', 'IA', 'ABCDEFGHIJKLMNOP')],
    ['ANYTHING', like('Bearer ey', 'JhbGciOiJI', '.ey', 'JzdWIiOiIx', '.x')],
    ['PEM', like('-----BEGIN', ' PRIVATE KEY-----')],
  ];
  for (const [name, value] of credentials) {
    it(`of ${name} looks like a credential when it begins with ${value.slice(0, 8)}`, () =>
      assert.ok(looksLikeCredential(name, value)));
  }
  const harmless: readonly (readonly [string, string])[] = [
    ['DB_PASSWORD', ''],
    ['TOKEN_ENABLED', 'true'],
    ['AUTH_TIMEOUT', '30'],
    ['AUTHOR', 'Ada'],
    ['COMPASS', 'north'],
    ['DATABASE_URL', 'postgres://db:5432/shop'],
    ['MODE', 'production'],
  ];
  for (const [name, value] of harmless) {
    it(`of ${name} that is "${value}" does not`, () => assert.ok(!looksLikeCredential(name, value)));
  }

  it('that is long and full of beginnings is looked through once', () => {
    // With a pattern that begins anew at each of them this would take hours, and the test its whole time.
    for (const part of ['-eyJ', 'eyJaaaaaaaa.x', '-----BEGIN ', 'postgres://'])
      assert.ok(!looksLikeCredential('ANYTHING', part.repeat(500_000)), part);
  });
});
