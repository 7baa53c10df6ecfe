import type { CallName } from '../../../src/client/client.ts';
import { NotOffered, NotUnderstood, Unreachable } from '../../../src/client/errors.ts';
import { currentDialect } from '../../../src/client/generations/current.ts';
import { ownDialect, type Dialect, type Generation } from '../../../src/client/generations/dialect.ts';
import { legacyDialect } from '../../../src/client/generations/legacy.ts';
import { rewriteDialect } from '../../../src/client/generations/rewrite.ts';
import { endpoints } from '../../../src/protocol/endpoints.ts';
import { ProblemError } from '../../../src/protocol/problems.ts';

/** What each generation of server is spoken to in. */
export const dialects: Readonly<Record<Generation, Dialect>> = {
  own: ownDialect,
  legacy: legacyDialect,
  rewrite: rewriteDialect,
  current: currentDialect,
};

/** Every call of the endpoint table that is answered in JSON. */
export const jsonCalls = Object.keys(endpoints).filter(
  (name) => endpoints[name as keyof typeof endpoints].answer === 'json',
) as CallName[];

/** The errors of a call that have a sentence for people. */
export const meantForPeople = [ProblemError, NotUnderstood, NotOffered, Unreachable];
