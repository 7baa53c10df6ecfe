/** What the registry's own collector found, without changing anything. */
export interface Survey {
  /** Digests of all manifests, tagged or not, by repository path. */
  readonly manifests: ReadonlyMap<string, ReadonlySet<string>>;
  /** Blobs that no manifest needs. */
  readonly looseBlobs: number;
}

/** Reads the output of `registry garbage-collect`, line by line. */
export class SurveyReader {
  readonly #manifests = new Map<string, Set<string>>();
  #looseBlobs = 0;

  read(line: string): void {
    const [, path, digest] = /^(\S+): marking manifest (sha256:[0-9a-f]{64})\s*$/.exec(line) ?? [];
    if (path !== undefined && digest !== undefined) {
      const own = this.#manifests.get(path) ?? new Set();
      this.#manifests.set(path, own.add(digest));
    }
    if (/^blob eligible for deletion: sha256:[0-9a-f]{64}\s*$/.test(line)) this.#looseBlobs += 1;
  }

  result(): Survey {
    return { manifests: this.#manifests, looseBlobs: this.#looseBlobs };
  }
}

/** A registry that nothing was ever pushed to has no folder to look into, which its collector takes for a failure. */
export function isEmptyRegistry(output: string): boolean {
  return /Path not found: \S*\/repositories/i.test(output);
}
