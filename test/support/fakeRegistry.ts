import { problem } from '../../src/protocol/problems.ts';
import type { ImageRegistry, RegistryImage } from '../../src/control-plane/registry/imageRegistry.ts';

/** A digest that is told apart from others by a digit. */
export function digestOf(digit: number): string {
  return `sha256:${String(digit).repeat(64).slice(0, 64)}`;
}

/** A registry in memory: repository path to tag to digest. */
export class FakeRegistry implements ImageRegistry {
  readonly repositories = new Map<string, Map<string, string>>();
  reachable = true;

  push(path: string, tag: string, digest: string): void {
    const tags = this.repositories.get(path) ?? new Map<string, string>();
    this.repositories.set(path, tags.set(tag, digest));
  }

  async digestOf(path: string, tag: string): Promise<string | undefined> {
    return this.#tags(path).get(tag);
  }

  async tags(path: string): Promise<readonly string[]> {
    return Array.from(this.#tags(path).keys()).toSorted();
  }

  async image(path: string, reference: string): Promise<RegistryImage | 'absent'> {
    const tags = this.#tags(path);
    const digest = tags.get(reference) ?? Array.from(tags.values()).find((one) => one === reference);
    if (digest === undefined) return 'absent';
    return { digest, size: 1000, createdAt: 1_700_000_000_000, exposedPorts: { '8080': 'http' } };
  }

  async remove(path: string, digest: string): Promise<'removed' | 'absent'> {
    const tags = this.#tags(path);
    const mine = Array.from(tags).filter(([, one]) => one === digest);
    for (const [tag] of mine) tags.delete(tag);
    return mine.length > 0 ? 'removed' : 'absent';
  }

  #tags(path: string): Map<string, string> {
    if (!this.reachable) throw problem('registryUnreachable');
    return this.repositories.get(path) ?? new Map<string, string>();
  }
}
