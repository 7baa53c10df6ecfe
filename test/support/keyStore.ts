import { Emitter } from '../../src/base/emitter.ts';

/** The operating system's key store, as every window of an editor sees it. */
export class KeyStore {
  failsWith: Error | undefined;
  readonly #values = new Map<string, string>();
  readonly #changed = new Emitter<{ readonly key: string }>(() => undefined);

  readonly onDidChange = this.#changed.event;

  names(): readonly string[] {
    return Array.from(this.#values.keys());
  }

  async get(key: string): Promise<string | undefined> {
    if (this.failsWith !== undefined) throw this.failsWith;
    return this.#values.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    if (this.failsWith !== undefined) throw this.failsWith;
    this.#values.set(key, value);
    this.#changed.fire({ key });
  }

  async delete(key: string): Promise<void> {
    if (this.#values.delete(key)) this.#changed.fire({ key });
  }
}
