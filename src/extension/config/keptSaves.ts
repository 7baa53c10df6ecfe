import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { Emitter, type Event } from '../../base/emitter.ts';
import type { MountVersion } from '../../deploy/configMounts.ts';
import { decode } from '../../protocol/decode.ts';
import { base64 } from '../../protocol/wire.ts';

/** Files by name; none of them is there before something was written. */
export interface SaveStore {
  names(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

/** A save that could not be taken. */
export interface KeptSave {
  /** The address of the config mount, as text. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What it goes over: a version; null: nothing; absent: it is not known. */
  readonly base?: MountVersion | null;
  readonly content: Uint8Array;
}

/** Saves of different config mounts, and bytes of all of them, that are kept. */
const mostSaves = 100;
const mostBytes = 32 * 1024 * 1024;

const shape = v.object({
  key: v.string(),
  at: v.number(),
  base: v.optional(v.nullable(v.string())),
  content: base64,
});

/**
 * Saves that nobody could take, the last one of each config mount, on the disk so that they outlive the window. When
 * they are too many nothing older is given up for a new one: that stays in its document.
 */
export class KeptSaves {
  readonly #store: SaveStore;
  readonly #warn: (message: string) => void;
  readonly #changed: Emitter<void>;

  constructor(store: SaveStore, warn: (message: string) => void) {
    this.#store = store;
    this.#warn = warn;
    this.#changed = new Emitter((error) => warn(`A listener failed: ${String(error)}`));
  }

  get onChange(): Event<void> {
    return this.#changed.event;
  }

  /** Oldest first. What cannot be read is left where it is, and said. */
  async all(): Promise<readonly KeptSave[]> {
    const found = await Promise.all((await this.#store.names()).map((name) => this.#read(name)));
    return found.filter((one) => one !== undefined).toSorted((a, b) => a.at - b.at);
  }

  async of(key: string): Promise<KeptSave | undefined> {
    const name = nameOf(key);
    return (await this.#store.names()).includes(name) ? this.#read(name) : undefined;
  }

  /** In the place of an earlier one of the same config mount, and over the same version as that. */
  async keep(save: KeptSave): Promise<'kept' | 'full'> {
    const others = (await this.all()).filter(({ key }) => key !== save.key);
    const bytes = others.reduce((sum, { content }) => sum + content.length, save.content.length);
    if (others.length >= mostSaves || bytes > mostBytes) return 'full';
    const earlier = await this.of(save.key);
    const base = earlier === undefined ? save.base : earlier.base;
    const content = Buffer.from(save.content).toString('base64');
    const text = JSON.stringify({ ...save, base, content });
    await this.#store.write(nameOf(save.key), Buffer.from(text));
    this.#changed.fire();
    return 'kept';
  }

  /** It was taken, or is not wanted any more. */
  async drop(key: string): Promise<void> {
    const name = nameOf(key);
    if (!(await this.#store.names()).includes(name)) return;
    await this.#store.remove(name);
    this.#changed.fire();
  }

  async #read(name: string): Promise<KeptSave | undefined> {
    try {
      const decoded = decode(shape, JSON.parse(Buffer.from(await this.#store.read(name)).toString('utf8')));
      if (!decoded.ok) throw new Error('it is not in the form that it was written in');
      const { base, content, ...rest } = decoded.value;
      return { ...rest, ...(base === undefined ? {} : { base }), content: Buffer.from(content, 'base64') };
    } catch (error) {
      this.#warn(`The kept save ${name} could not be read: ${String(error)}`);
      return undefined;
    }
  }
}

function nameOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}.json`;
}
