import { createHash } from 'node:crypto';
import * as v from 'valibot';

const patrPlace = v.object({
  /** Base address of the server, without a slash at its end. */
  url: v.pipe(v.string(), v.url()),
  /** Whose token is used. */
  accountId: v.string(),
  workspaceId: v.string(),
  /** What people call the workspace. */
  name: v.string(),
});

/** One workspace of a server that one has connected to: what is remembered of it, and never a token. */
export type PatrPlace = v.InferOutput<typeof patrPlace>;

/** The part of the editor's memory that is needed; it is the same in all windows. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const storedAs = 'patr.connections';

/** The same for as long as server and workspace are the same, whoever signs in. Fit for addresses of documents. */
export function placeId({ url, workspaceId }: Pick<PatrPlace, 'url' | 'workspaceId'>): string {
  return `patr-${createHash('sha256').update(`${url} ${workspaceId}`).digest('hex').slice(0, 16)}`;
}

/** The workspaces that one has connected to, oldest first. */
export class KeptPlaces {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** What is stored and cannot be read is passed over. */
  all(): readonly PatrPlace[] {
    const stored = this.#memory.get(storedAs);
    if (!Array.isArray(stored)) return [];
    return stored.flatMap((one) => {
      const decoded = v.safeParse(patrPlace, one);
      return decoded.success ? [decoded.output] : [];
    });
  }

  /** One that is there already keeps its place in the order. */
  async put(places: readonly PatrPlace[]): Promise<void> {
    const all = new Map(this.all().map((one) => [placeId(one), one]));
    for (const place of places) all.set(placeId(place), place);
    await this.#memory.update(storedAs, Array.from(all.values()));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#memory.update(
      storedAs,
      this.all().filter((one) => !ids.includes(placeId(one))),
    );
  }
}
