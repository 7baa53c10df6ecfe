import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** AES-256-GCM: whoever changes a bit of what is sealed, or moves it to another row, cannot have it opened. */
const cipher = 'aes-256-gcm';
const format = 'v1';
const nonceBytes = 12;
const tagBytes = 16;
const grammar = /^v1\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)$/;

/** One key of the key file. `key` has 32 bytes, `madeAt` is in milliseconds since the epoch. */
export interface SealingKey {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly madeAt: number;
  readonly key: Buffer;
}

/**
 * What a sealed text belongs to, such as `['secret', workspaceId, secretId, version]`. It is not part of what is
 * sealed, and opening needs the very same.
 */
export type Associated = readonly (string | number)[];

export type Opened =
  | { readonly kind: 'opened'; readonly text: string }
  /** Its key is not in the key file any more. */
  | { readonly kind: 'keyMissing' }
  /** It was changed, or it belongs to something else. */
  | { readonly kind: 'broken' };

/** Seals what is stored and must not be read there. */
export interface Sealer {
  /** `v1.<key id>.<nonce, text and tag in Base64url>`, made with the newest key. Never the same twice. */
  seal(text: string, associated: Associated): string;
  open(sealed: string, associated: Associated): Opened;
  /** Whether the newest key made it; what an older one made is to be sealed anew. */
  isCurrent(sealed: string): boolean;
}

/** `keys`: oldest first, at least one. The newest seals, every one opens. */
export function createSealer(keys: readonly SealingKey[]): Sealer {
  const newest = keys.at(-1);
  if (newest === undefined) throw new Error('A sealer needs a key.');
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  return {
    seal: (text, associated) => `${format}.${newest.id}.${encrypt(newest, text, associated)}`,
    open(sealed, associated) {
      const [, id, content] = grammar.exec(sealed) ?? [];
      if (id === undefined || content === undefined) return { kind: 'broken' };
      const key = byId.get(id);
      if (key === undefined) return { kind: 'keyMissing' };
      return decrypt(key, Buffer.from(content, 'base64url'), bound(id, associated));
    },
    isCurrent: (sealed) => sealed.startsWith(`${format}.${newest.id}.`),
  };
}

function encrypt({ id, key }: SealingKey, text: string, associated: Associated): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(bound(id, associated));
  const content = [nonce, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()];
  return Buffer.concat(content).toString('base64url');
}

function decrypt(key: Buffer, content: Buffer, associated: Buffer): Opened {
  if (content.length < nonceBytes + tagBytes) return { kind: 'broken' };
  const nonce = content.subarray(0, nonceBytes);
  const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
    .setAAD(associated)
    .setAuthTag(content.subarray(-tagBytes));
  try {
    const text = Buffer.concat([opening.update(content.subarray(nonceBytes, -tagBytes)), opening.final()]);
    return { kind: 'opened', text: text.toString('utf8') };
  } catch {
    // The one thing that `final` throws for: the tag does not fit.
    return { kind: 'broken' };
  }
}

/** JSON, so that no two lists make the same bytes. */
function bound(keyId: string, associated: Associated): Buffer {
  return Buffer.from(JSON.stringify([format, keyId, ...associated]));
}
