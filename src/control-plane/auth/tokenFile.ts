import { chmod, open, readFile } from 'node:fs/promises';
import type { Store } from '../state/store.ts';
import { formatToken, hashSecret, parseToken, type TokenParts } from './apiToken.ts';

/** The token file does not hold an API token. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

/**
 * Reads the API token of a file that only its owner can read, or makes one there when there is no file.
 * @throws TokenFileError when the file holds something else.
 */
export async function tokenFromFile(path: string, ids: () => string): Promise<TokenParts> {
  const text = await readFile(path, 'utf8').catch(absentFile);
  if (text === undefined) return makeFile(path, ids);
  const parts = parseToken(text.trim());
  if (parts === undefined) {
    throw new TokenFileError(
      `${path} does not hold an API token. Remove the file to have a new token made, or put a token there.`,
    );
  }
  await chmod(path, 0o600);
  return parts;
}

/**
 * Lets the token of the file in: it stands for its holder as a whole, and the others are made with it. One that was
 * in the file before is not good any more.
 */
export function admitToken(store: Store, parts: TokenParts, at: number): void {
  store.change(() => {
    const user = store.identity.user();
    if (user === undefined) throw new Error('The state has no user.');
    store.apiTokens.put({
      loginId: parts.loginId,
      userId: user.id,
      name: 'First token',
      secretHash: hashSecret(parts),
      permissions: undefined,
      notBefore: undefined,
      expiresAt: undefined,
      createdAt: at,
      revokedAt: undefined,
    });
    store.apiTokens.keepOneOfFile(parts.loginId, at);
  });
}

async function makeFile(path: string, ids: () => string): Promise<TokenParts> {
  const parts = { secret: ids(), loginId: ids() };
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${formatToken(parts)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return parts;
}

function absentFile(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
