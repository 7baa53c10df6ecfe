import type { LogLine } from '../../protocol/shapes/log.ts';

/** Tells which lines are new, when the newest ones come again and again. */
export class SeenLines {
  #keys = new Set<string>();

  /** Oldest first. */
  fresh(lines: readonly LogLine[]): readonly LogLine[] {
    const counts = new Map<string, number>();
    const keys = new Set<string>();
    const found: LogLine[] = [];
    for (const line of lines) {
      const base = `${line.timestamp} ${line.instance ?? ''} ${line.log}`;
      const count = (counts.get(base) ?? 0) + 1;
      counts.set(base, count);
      const key = `${base} ${count}`;
      keys.add(key);
      if (!this.#keys.has(key)) found.push(line);
    }
    this.#keys = keys;
    return found;
  }
}
