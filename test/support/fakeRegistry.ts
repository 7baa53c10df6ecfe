import type { Content } from '../../src/control-plane/state/contents.ts';
import { problem } from '../../src/protocol/problems.ts';
import type { ImageRegistry, RegistryImage } from '../../src/control-plane/registry/imageRegistry.ts';

/** A digest that is told apart from others by a digit. */
export function digestOf(digit: number): string {
  return `sha256:${String(digit).repeat(64).slice(0, 64)}`;
}

/** A registry in memory: repository path to tag to digest. */
export class FakeRegistry implements ImageRegistry {
  readonly repositories = new Map<string, Map<string, string>>();
  /** Manifests without a tag, as `<path>@<digest>`. */
  readonly untagged = new Set<string>();
  /** Manifests that an index names, by the index. */
  readonly children = new Map<string, readonly string[]>();
  /** What was removed, in that order. */
  readonly removed: string[] = [];
  onRemove: () => void = () => undefined;
  reachable = true;

  push(path: string, tag: string, digest: string): void {
    const tags = this.repositories.get(path) ?? new Map<string, string>();
    this.repositories.set(path, tags.set(tag, digest));
  }

  async paths(): Promise<readonly string[]> {
    if (!this.reachable) throw problem('registryUnreachable');
    return Array.from(this.repositories.keys()).toSorted();
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

  async contents(path: string, digest: string): Promise<readonly Content[] | 'absent'> {
    const tagged = Array.from(this.#tags(path).values()).includes(digest);
    const key = `${path}@${digest}`;
    if (!tagged && !this.untagged.has(key)) return 'absent';
    const all = [digest, ...(this.children.get(key) ?? [])];
    return all.map((one) => ({ digest: one, size: 1000 }));
  }

  async remove(path: string, digest: string): Promise<'removed' | 'absent'> {
    const tags = this.#tags(path);
    const mine = Array.from(tags).filter(([, one]) => one === digest);
    for (const [tag] of mine) tags.delete(tag);
    const untagged = this.untagged.delete(`${path}@${digest}`);
    this.removed.push(`${path}@${digest}`);
    this.onRemove();
    return mine.length > 0 || untagged ? 'removed' : 'absent';
  }

  #tags(path: string): Map<string, string> {
    if (!this.reachable) throw problem('registryUnreachable');
    return this.repositories.get(path) ?? new Map<string, string>();
  }
}
