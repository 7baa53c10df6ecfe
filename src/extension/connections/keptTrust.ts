import * as v from 'valibot';
import type { PinnedCertificate } from '../../client/certificates.ts';
import type { Memory } from './places.ts';

const stored = v.record(v.string(), v.object({ sha256: v.string(), pem: v.string() }));
const storedAs = 'patr.pinnedCertificates';

/** Certificates that a person chose to trust though the machine does not, one for each server. */
export class KeptTrust {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** The one that the server at this address has to show; undefined: any that the machine trusts. */
  of(url: string): PinnedCertificate | undefined {
    return this.#all()[serverOf(url)];
  }

  async pin(url: string, { sha256, pem }: PinnedCertificate): Promise<void> {
    await this.#memory.update(storedAs, { ...this.#all(), [serverOf(url)]: { sha256, pem } });
  }

  async forget(url: string): Promise<void> {
    const { [serverOf(url)]: _, ...rest } = this.#all();
    await this.#memory.update(storedAs, rest);
  }

  /** What cannot be read is as good as never trusted. */
  #all(): v.InferOutput<typeof stored> {
    const decoded = v.safeParse(stored, this.#memory.get(storedAs));
    return decoded.success ? decoded.output : {};
  }
}

/** Host and port: what a certificate is shown by, whatever the path is. */
function serverOf(url: string): string {
  return new URL(url).host;
}
