/**
 * Values by id that are read when somebody first asks for them, and from then on whenever they may have changed. What
 * could not be read is not kept: the next who asks is told why, or gets it.
 */
export class Kept<T> {
  readonly #read: (id: string) => Promise<T>;
  readonly #values = new Map<string, T>();
  readonly #reading = new Map<string, Promise<T>>();
  /** Grows when all is forgotten: what was asked for before that does not come back. */
  #age = 0;

  constructor(read: (id: string) => Promise<T>) {
    this.#read = read;
  }

  /** Whoever asks while it is being read gets the same answer. @throws as reading does. */
  async get(id: string): Promise<T> {
    const known = this.#values.get(id);
    if (known !== undefined) return known;
    const under = this.#reading.get(id);
    if (under !== undefined) return under;
    const reading = this.#readNow(id);
    this.#reading.set(id, reading);
    try {
      return await reading;
    } finally {
      if (this.#reading.get(id) === reading) this.#reading.delete(id);
    }
  }

  /** What somebody has asked for. */
  ids(): readonly string[] {
    return Array.from(this.#values.keys());
  }

  /** Reads it again where somebody has asked for it, and tells whether it differs. Never throws: see above. */
  async renew(id: string): Promise<boolean> {
    if (!this.#values.has(id)) return false;
    const before = JSON.stringify(this.#values.get(id));
    try {
      return JSON.stringify(await this.#readNow(id)) !== before;
    } catch {
      return this.#values.delete(id);
    }
  }

  forget(id: string): void {
    this.#values.delete(id);
  }

  /** Forgets all but these. */
  keepOnly(ids: { has(id: string): boolean }): void {
    for (const id of this.#values.keys()) if (!ids.has(id)) this.#values.delete(id);
  }

  clear(): void {
    this.#age += 1;
    this.#reading.clear();
    this.#values.clear();
  }

  async #readNow(id: string): Promise<T> {
    const age = this.#age;
    const value = await this.#read(id);
    if (age === this.#age) this.#values.set(id, value);
    return value;
  }
}
