import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  callerOf,
  formatToken,
  hashSecret,
  parseToken,
} from '../../../../src/control-plane/auth/apiToken.ts';
import { admitToken, tokenFromFile, TokenFileError } from '../../../../src/control-plane/auth/tokenFile.ts';
import { isProblem } from '../../../../src/protocol/problems.ts';
import { countingIds, memoryNotary } from '../../../support/controlPlane.ts';

describe('API tokens', () => {
  it('are kept as a hash that their text cannot be read from', () => {
    const parts = { secret: 'a'.repeat(32), loginId: 'b'.repeat(32) };
    assert.deepEqual(parseToken(formatToken(parts)), parts);
    assert.doesNotMatch(hashSecret(parts), /a{32}/);
    assert.notEqual(hashSecret(parts), hashSecret({ ...parts, loginId: 'c'.repeat(32) }));
  });

  it('that were revoked are not let in', () => {
    const { store } = memoryNotary();
    const parts = { secret: 'a'.repeat(32), loginId: 'b'.repeat(32) };
    admitToken(store, parts, 1);
    assert.equal(callerOf(store.apiTokens, formatToken(parts), 3).loginId, parts.loginId);
    const row = store.apiTokens.find(parts.loginId)!;
    store.change(() => store.apiTokens.put({ ...row, revokedAt: 2 }));
    assert.throws(
      () => callerOf(store.apiTokens, formatToken(parts), 3),
      (error: unknown) => isProblem(error, 'authorizationTokenInvalid'),
    );
    store.dispose();
  });
});

describe('the token file', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patr-token-'));
    path = join(directory, 'token');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is made with a token that only its owner can read, and read again', async () => {
    const made = await tokenFromFile(path, countingIds());
    assert.equal((await readFile(path, 'utf8')).trim(), formatToken(made));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await tokenFromFile(path, countingIds()), made);
  });

  it('that others can read is closed', async () => {
    const text = `${formatToken({ secret: 'a'.repeat(32), loginId: 'b'.repeat(32) })}\n`;
    await writeFile(path, text, { mode: 0o644 });
    await tokenFromFile(path, countingIds());
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('that holds something else is refused and kept', async () => {
    await writeFile(path, 'hello');
    await assert.rejects(tokenFromFile(path, countingIds()), TokenFileError);
    assert.equal(await readFile(path, 'utf8'), 'hello');
  });
});
