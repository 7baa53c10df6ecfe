import type { Memento } from 'vscode';
import * as v from 'valibot';
import { Emitter, type Event } from '../../base/emitter.ts';
import { decode } from '../../protocol/decode.ts';

const follow = v.object({
  /** Address of the workspace file, as text. */
  file: v.string(),
  /** Address of the config mount, as text. */
  mount: v.string(),
  /** SHA-256 of the content that was sent last. */
  sent: v.string(),
});
/** A workspace file whose every save is sent to a config mount. */
export type Follow = v.InferOutput<typeof follow>;

const key = 'patr.followedFiles';

/** Which files of the workspace are followed. A config mount follows one file; a file may be followed by several. */
export class Follows {
  readonly #state: Memento;
  readonly #changed: Emitter<void>;

  constructor(state: Memento, onListenerError: (error: unknown) => void) {
    this.#state = state;
    this.#changed = new Emitter(onListenerError);
  }

  get onChange(): Event<void> {
    return this.#changed.event;
  }

  all(): readonly Follow[] {
    const decoded = decode(v.array(follow), this.#state.get(key, []));
    return decoded.ok ? decoded.value : [];
  }

  of(file: string): readonly Follow[] {
    return this.all().filter((one) => one.file === file);
  }

  /** What a config mount follows. */
  by(mount: string): Follow | undefined {
    return this.all().find((one) => one.mount === mount);
  }

  async set(wanted: Follow): Promise<void> {
    const others = this.all().filter(({ mount }) => mount !== wanted.mount);
    await this.#put([...others, wanted]);
  }

  async end(mount: string): Promise<void> {
    await this.#put(this.all().filter((one) => one.mount !== mount));
  }

  /** The file, or the config mount, goes by another address. */
  async renamed(before: string, after: string): Promise<void> {
    const moved = this.all().map((one) => ({
      ...one,
      file: one.file === before ? after : one.file,
      mount: one.mount === before ? after : one.mount,
    }));
    await this.#put(moved);
  }

  async #put(follows: readonly Follow[]): Promise<void> {
    if (JSON.stringify(follows) === JSON.stringify(this.all())) return;
    await this.#state.update(key, follows);
    this.#changed.fire();
  }
}
