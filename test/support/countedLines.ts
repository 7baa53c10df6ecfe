import type { LogNews } from '../../src/client/followLogs.ts';
import type { LogLine } from '../../src/protocol/shapes/log.ts';

const streams = ['stdout', 'stderr'] as const;

/** What came of one stream of an instance that counts. `ended`: it has said how far it came. */
interface Counted {
  count: number;
  ended: boolean;
}

/** Hears the lines of instances that count (`test/fixtures/page-app`): each number has to come once, and in order. */
export class CountedLines {
  readonly #counted = new Map<string, Counted>();
  /** What was wrong, in sentences. */
  readonly faults: string[] = [];
  /** All lines that came. */
  lines = 0;
  /** How often the server was away. */
  losses = 0;

  readonly tell = (news: LogNews): void => {
    if (news.kind === 'lost') this.losses += 1;
    if (news.kind === 'deleted') this.faults.push('The deployment is said to be deleted.');
    if (news.kind === 'lines') for (const line of news.lines) this.#take(line);
  };

  /** How far both streams of an instance have come. */
  countOf(instance: string): number {
    return Math.min(...streams.map((stream) => this.#of(instance, stream).count));
  }

  /** Streams of instances that are not among these, and have not said how far they came. */
  unended(live: readonly string[]): readonly string[] {
    return Array.from(this.#counted).flatMap(([key, { ended }]) =>
      ended || live.some((instance) => key.startsWith(instance)) ? [] : [key],
    );
  }

  #take({ log, instance = 'nobody', stream = 'stdout' }: LogLine): void {
    this.lines += 1;
    const [, word, number] = /^(count|end) (\d+)$/.exec(log) ?? [];
    const of = this.#of(instance, stream);
    const expected = word === 'end' ? of.count : of.count + 1;
    if (of.ended || Number(number) !== expected)
      this.faults.push(
        `After ${of.count}${of.ended ? ' and the end' : ''} of ${instance} ${stream} came "${log}".`,
      );
    if (word === 'end') of.ended = true;
    else of.count = Number(number);
  }

  #of(instance: string, stream: (typeof streams)[number]): Counted {
    const key = `${instance} ${stream}`;
    const there = this.#counted.get(key);
    if (there !== undefined) return there;
    const made = { count: 0, ended: false };
    this.#counted.set(key, made);
    return made;
  }
}
