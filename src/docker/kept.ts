/** Keeps the last bytes of a stream, at most `most`. */
export class Tail {
  readonly #most: number;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // Joined now and then only, so that many small chunks cost no more than their bytes.
    if (this.#size > this.#most * 2 || this.#chunks.length > 4096) this.#join();
  }

  text(): string {
    this.#join();
    return this.#chunks[0]?.toString('utf8') ?? '';
  }

  #join(): void {
    const all = Buffer.concat(this.#chunks);
    const kept = all.subarray(Math.max(0, all.length - this.#most));
    // A copy, so that the part that was cut off is not held by its buffer.
    this.#chunks = [kept.length === all.length ? all : Buffer.from(kept)];
    this.#size = kept.length;
  }
}
