import assert from 'node:assert/strict';
import { createClient, type CallName } from '../../../src/client/client.ts';
import { NotOffered, NotUnderstood, Unreachable } from '../../../src/client/errors.ts';
import { currentDialect } from '../../../src/client/generations/current.ts';
import { ownDialect, type Dialect } from '../../../src/client/generations/dialect.ts';
import { legacyDialect } from '../../../src/client/generations/legacy.ts';
import { rewriteDialect } from '../../../src/client/generations/rewrite.ts';
import { endpoints } from '../../../src/protocol/endpoints.ts';
import { ProblemError } from '../../../src/protocol/problems.ts';
import { handClock } from '../../support/handClock.ts';

const dialects: readonly Dialect[] = [ownDialect, currentDialect, rewriteDialect, legacyDialect];
const names = Object.keys(endpoints).filter((name) => name !== 'followChanges') as CallName[];
const expected = [ProblemError, NotUnderstood, NotOffered, Unreachable];

/** Every part that a path of the table may have. */
const params: Readonly<Record<string, string>> = new Proxy(
  {},
  { get: () => '1'.repeat(32), ownKeys: () => [] },
);

/** Numbers from 0 to 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const fields = [
  'success',
  'deployments',
  'deploys',
  'logs',
  'repositories',
  'regions',
  'runners',
  'id',
  'name',
  'ports',
  'error',
  '__proto__',
];

/** Any JSON value, of a few levels. */
function anything(chance: () => number, depth = 0): unknown {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(chance() * all.length)] as T;
  const kind = Math.floor(chance() * (depth > 3 ? 5 : 7));
  if (kind === 0) return null;
  if (kind === 1) return chance() * 1e20 - 5e19;
  if (kind === 2) return chance() < 0.5;
  if (kind === 3)
    return pick(['', 'x', '1'.repeat(32), '\0', '🙂', 'sha256:', '2024-10-22 09:15:04 +00:00:00']);
  if (kind === 4) return {};
  const length = Math.floor(chance() * 5);
  if (kind === 5) return Array.from({ length }, () => anything(chance, depth + 1));
  return Object.fromEntries(Array.from({ length }, () => [pick(fields), anything(chance, depth + 1)]));
}

/** What a server may send instead of what it should: JSON of any shape, or a part of it, or no JSON at all. */
function answerOf(chance: () => number): Response {
  const text = JSON.stringify(anything(chance));
  const cut = chance() < 0.2 ? text.slice(0, Math.floor(text.length * chance())) : text;
  const status = [200, 200, 200, 201, 202, 206, 299, 400, 404, 418, 500][Math.floor(chance() * 11)] ?? 200;
  const total =
    chance() < 0.5 ? {} : { 'x-total-count': String(anything(chance)).replaceAll(/[^\w.-]/g, '') };
  return new Response(cut, { status, headers: total });
}

describe('answers that nobody should send', () => {
  for (const dialect of dialects) {
    it(`are a value or an error that is meant for people (${dialect.generation})`, async () => {
      const chance = seeded(7);
      const api = createClient(
        {
          url: 'http://127.0.0.1:1',
          token: 'patrv1.secret.id',
          fetch: async () => answerOf(chance),
          userAgent: 'test',
          clock: handClock(0),
          chance,
          timeoutMs: 1000,
        },
        dialect,
      );
      let understood = 0;
      let refused = 0;
      for (let round = 0; round < 40; round += 1) {
        for (const name of names) {
          const call = api[name] as (given: unknown) => Promise<unknown>;
          try {
            await call({ params, body: {} });
            understood += 1;
          } catch (error) {
            refused += 1;
            assert.ok(
              expected.some((kind) => error instanceof kind),
              `${name} failed with ${String(error)}`,
            );
            assert.match((error as Error).message, /\S/);
          }
        }
      }
      assert.ok(understood > 0 && refused > 0, `${understood} understood, ${refused} refused`);
    });
  }
});
