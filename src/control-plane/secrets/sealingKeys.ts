import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { Lanes } from '../../base/lanes.ts';
import { textOf, writePrivately } from '../privateFile.ts';
import { createSealer, type Sealer, type SealingKey } from './sealer.ts';

/** File in the state directory with the keys that secrets are sealed with; beside the database, never in it. */
export const keysFileName = 'sealing-keys.json';

/** After this long a key gets a successor, in milliseconds: 90 days. */
const successorAfterMs = 90 * 24 * 60 * 60 * 1000;

const keysFile = v.object({
  /** Oldest first. */
  keys: v.array(
    v.object({
      id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
      madeAt: v.number(),
      key: v.pipe(
        v.string(),
        v.transform((text) => Buffer.from(text, 'base64')),
        v.check(({ length }) => length === 32),
      ),
    }),
  ),
});

/** The file of the keys does not hold keys. */
export class KeysFileError extends Error {
  override readonly name = 'KeysFileError';
}

/** The sealer of a state directory, whose newest key can be replaced. */
export interface KeptSealer extends Sealer {
  /** Makes a new key, which seals from now on. The ones before go on opening. */
  rotate(): Promise<void>;
  /** Takes keys of another key file over that are not known here, so that they open. @throws KeysFileError. */
  restore(text: string): Promise<void>;
}

/**
 * Reads the keys of a state directory, and makes the first one, or a successor when the newest is old. Keys are never
 * dropped: an older copy of the database may need them.
 * @throws KeysFileError when the file holds something else; it is left as it is, because it may be all that opens what
 * is sealed.
 */
export async function loadSealer(stateDir: string, now: () => number): Promise<KeptSealer> {
  const path = join(stateDir, keysFileName);
  const text = await textOf(path);
  const lanes = new Lanes();
  let keys = text === undefined ? [] : keysFrom(path, text);
  const rotate = async (): Promise<void> => {
    const more = [...keys, { id: randomBytes(8).toString('hex'), madeAt: now(), key: randomBytes(32) }];
    // Before anything is sealed with it.
    await writePrivately(path, textFrom(more));
    keys = more;
  };
  const newest = keys.at(-1);
  if (newest === undefined || now() - newest.madeAt >= successorAfterMs) await rotate();
  let sealer = createSealer(keys);
  return {
    seal: (...args) => sealer.seal(...args),
    open: (...args) => sealer.open(...args),
    isCurrent: (...args) => sealer.isCurrent(...args),
    // One after another: a file that was written beside another would lose a key.
    rotate: () =>
      lanes.run(path, async () => {
        await rotate();
        sealer = createSealer(keys);
      }),
    restore: (other) =>
      lanes.run(path, async () => {
        const known = new Set(keys.map(({ id }) => id));
        const lost = keysFrom('What was given', other).filter(({ id }) => !known.has(id));
        if (lost.length === 0) return;
        // The newest one goes on sealing.
        const all = [...lost, ...keys];
        await writePrivately(path, textFrom(all));
        keys = all;
        sealer = createSealer(keys);
      }),
  };
}

function keysFrom(path: string, text: string): readonly SealingKey[] {
  const decoded = v.safeParse(keysFile, jsonOf(text));
  if (decoded.success) return decoded.output.keys;
  throw new KeysFileError(
    `${path} does not hold sealing keys. Put the file of this database back. If it is lost, remove what is left of it: ` +
      'new keys are made then, and every secret needs its value anew.',
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function textFrom(keys: readonly SealingKey[]): string {
  const written = keys.map(({ id, madeAt, key }) => ({ id, madeAt, key: key.toString('base64') }));
  return `${JSON.stringify({ keys: written }, undefined, 2)}\n`;
}
