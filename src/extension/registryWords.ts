import { formatBytes } from '../base/formatBytes.ts';
import type { ApiTokenInfo } from '../protocol/shapes/apiToken.ts';
import type { Collection } from '../protocol/shapes/workspace.ts';
import { parseTimestamp } from '../protocol/wire.ts';

/** Such as `1 image`, `3 repositories`. */
export function counted(count: number, what: string): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${what.endsWith('y') ? `${what.slice(0, -1)}ies` : `${what}s`}`;
}

/** What a collection did. */
export function collectedWords({ removedImages, freedBytes, forgottenImages }: Collection): string {
  if (removedImages === 0 && freedBytes === 0 && forgottenImages === 0) {
    return 'Nothing was removed: every image is needed, or was pushed a moment ago.';
  }
  const engine =
    forgottenImages === 0 ? '' : ` ${counted(forgottenImages, 'image')} removed from the engine.`;
  return `${counted(removedImages, 'image')} removed, ${formatBytes(freedBytes)} freed.${engine}`;
}

const [hosts, users] = [/^[a-z0-9[][a-z0-9.:[\]-]*$/i, /^[a-z0-9][\w.-]*$/i];

/**
 * Asks for the password itself, and shows nothing of it. @throws for a host or a user that is none: what a server
 * says would go into a shell.
 */
export function loginCommand({ host, username }: { host: string; username: string }): string {
  if (!hosts.test(host) || !users.test(username)) {
    throw new Error(
      'The server names a registry that docker login cannot take. Look at its log, or update it.',
    );
  }
  return `docker login ${host} -u ${username}`;
}

/** A name that is not taken, for a token that a person makes. */
export function suggestedTokenName(taken: readonly string[]): string {
  const usual = 'docker login';
  let name = usual;
  for (let number = 2; taken.includes(name); number += 1) name = `${usual} ${number}`;
  return name;
}

/** Until when a token is good. */
export function tokenEndWords({ tokenExp }: Pick<ApiTokenInfo, 'tokenExp'>, now: number): string {
  const end = tokenExp === undefined ? undefined : parseTimestamp(tokenExp);
  if (end === undefined) return 'until it is revoked';
  const day = new Date(end).toISOString().slice(0, 10);
  return end <= now ? `expired on ${day}` : `until ${day}`;
}
