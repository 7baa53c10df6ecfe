import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openDatabase } from '../state/database.ts';
import { number, text } from '../state/row.ts';
import type { Measured } from './between.ts';
import { fromText, joined, shareOf, toText, type Measure } from './measure.ts';
import { samplePeriodMs, stepOf, tiers } from './tiers.ts';

const schema = `
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    deployment TEXT NOT NULL,
    -- Empty: the deployment as a whole.
    instance TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (deployment, instance)
  ) STRICT;
  CREATE TABLE measure (
    tier INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES series (id),
    -- Beginning of its step, in milliseconds since the epoch.
    at INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tier, series, at)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE rolled (tier INTEGER PRIMARY KEY, upto INTEGER NOT NULL) STRICT;
`;

/** One instance over time, or the deployment as a whole: `instance` is absent then. */
export interface Series {
  readonly instance: { readonly id: string; readonly name: string } | undefined;
  /** By the beginning of its step, oldest first. Where nothing was measured there is none. */
  readonly measures: ReadonlyMap<number, Measure>;
}

export interface SeriesWanted {
  readonly from: number;
  readonly stepMs: number;
  readonly tier: number;
}

/**
 * Measures of 14 days in a file of their own, beside the state: they may be lost without harm, and are written often.
 * Steps are put together into longer ones as these end; each tier forgets what is older than it keeps.
 */
export class MetricsFile {
  readonly #database: DatabaseSync;
  #lastAt: number | undefined;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    const row = database.prepare('SELECT max(at) AS at FROM measure WHERE tier = 0').get();
    this.#lastAt = row === undefined || row['at'] === null ? undefined : number(row, 'at');
  }

  /** A file that cannot be read, after a power cut say, is begun anew: `onLost` is told why. */
  static open(path: string, onLost: (error: unknown) => void): MetricsFile {
    try {
      return new MetricsFile(opened(path));
    } catch (error) {
      onLost(error);
      for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
      return new MetricsFile(opened(path));
    }
  }

  /**
   * Keeps what was measured in the steps that ended at `at`, `ms` long in all. What is kept of times that are still to
   * come is from before the clock was set back, and goes.
   */
  put(at: number, ms: number, measured: ReadonlyMap<string, Measured>): void {
    // A timer may be early by a moment, and a sample is late by one.
    const last = (Math.round(at / samplePeriodMs) - 1) * samplePeriodMs;
    const count = Math.max(1, Math.round(ms / samplePeriodMs));
    inTransaction(this.#database, () => {
      if (this.#lastAt !== undefined && last < this.#lastAt) this.#forgetFrom(last);
      for (const [deployment, { total, instances }] of measured) {
        this.#write(this.#seriesId(deployment, '', ''), last, count, total);
        for (const [id, { name, measure }] of instances) {
          this.#write(this.#seriesId(deployment, id, name), last, count, measure);
        }
      }
      this.#lastAt = last;
      const rolled = tiers.map((_, tier) => tier > 0 && this.#rollUp(tier, at));
      if (rolled.includes(true)) this.#forgetOld(at);
    });
  }

  /** Every series of a deployment that was measured from a time on: the whole first, then those measured last. */
  read(deployment: string, wanted: SeriesWanted): readonly Series[] {
    const rows = this.#database
      .prepare("SELECT id, instance, name FROM series WHERE deployment = ? ORDER BY instance <> '', id DESC")
      .all(deployment);
    return rows.flatMap((row): Series[] => {
      const measures = this.#measures(number(row, 'id'), wanted);
      if (measures.size === 0) return [];
      const id = text(row, 'instance');
      return [{ instance: id === '' ? undefined : { id, name: text(row, 'name') }, measures }];
    });
  }

  forget(deployment: string): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare('DELETE FROM measure WHERE series IN (SELECT id FROM series WHERE deployment = ?)')
        .run(deployment);
      this.#database.prepare('DELETE FROM series WHERE deployment = ?').run(deployment);
    });
  }

  dispose(): void {
    this.#database.close();
  }

  /** What a tier has, and what the finer ones have since its last step ended. */
  #measures(series: number, { from, stepMs, tier }: SeriesWanted): ReadonlyMap<number, Measure> {
    const found = new Map<number, Measure>();
    let since = stepOf(from, stepMs);
    for (let one = tier; one >= 0; one -= 1) {
      for (const { at, measure } of this.#rows(one, series, since, Number.MAX_SAFE_INTEGER)) {
        const step = stepOf(at, stepMs);
        const before = found.get(step);
        found.set(step, before === undefined ? measure : joined(before, measure));
      }
      since = Math.max(since, this.#rolledUpTo(one));
    }
    return found;
  }

  #rows(tier: number, series: number, from: number, to: number): { at: number; measure: Measure }[] {
    return this.#database
      .prepare(
        'SELECT at, value FROM measure WHERE tier = ? AND series = ? AND at >= ? AND at < ? ORDER BY at',
      )
      .all(tier, series, from, to)
      .map((row) => ({ at: number(row, 'at'), measure: fromText(text(row, 'value')) }));
  }

  /** A sample that came late counts for the steps that it was late by as well. */
  #write(series: number, last: number, count: number, measure: Measure): void {
    const value = toText(count === 1 ? measure : shareOf(measure, 1 / count));
    for (let index = 0; index < count; index += 1) this.#put(0, series, last - index * samplePeriodMs, value);
  }

  #put(tier: number, series: number, at: number, value: string): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO measure (tier, series, at, value) VALUES (?, ?, ?, ?)')
      .run(tier, series, at, value);
  }

  #seriesId(deployment: string, instance: string, name: string): number {
    const there = this.#database
      .prepare('SELECT id FROM series WHERE deployment = ? AND instance = ?')
      .get(deployment, instance);
    if (there !== undefined) return number(there, 'id');
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO series (deployment, instance, name) VALUES (?, ?, ?)')
      .run(deployment, instance, name);
    return Number(lastInsertRowid);
  }

  /** Puts the steps of the tier before together that ended by now. Says whether any did. */
  #rollUp(tier: number, now: number): boolean {
    const { stepMs } = tierAt(tier);
    const [from, to] = [this.#rolledUpTo(tier), stepOf(now, stepMs)];
    if (from >= to) return false;
    for (const row of this.#database.prepare('SELECT id FROM series').all()) {
      const series = number(row, 'id');
      const steps = new Map<number, Measure>();
      for (const { at, measure } of this.#rows(tier - 1, series, from, to)) {
        const before = steps.get(stepOf(at, stepMs));
        steps.set(stepOf(at, stepMs), before === undefined ? measure : joined(before, measure));
      }
      for (const [at, measure] of steps) this.#put(tier, series, at, toText(measure));
    }
    this.#rollTo(tier, to);
    return true;
  }

  #rolledUpTo(tier: number): number {
    const row = this.#database.prepare('SELECT upto FROM rolled WHERE tier = ?').get(tier);
    return row === undefined ? 0 : number(row, 'upto');
  }

  #rollTo(tier: number, upto: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO rolled (tier, upto) VALUES (?, ?)').run(tier, upto);
  }

  #forgetFrom(at: number): void {
    for (const [tier, { stepMs }] of tiers.entries()) {
      const from = stepOf(at, stepMs);
      this.#database.prepare('DELETE FROM measure WHERE tier = ? AND at >= ?').run(tier, from);
      if (tier > 0 && this.#rolledUpTo(tier) > from) this.#rollTo(tier, from);
    }
  }

  /** By series, which is how the rows lie. */
  #forgetOld(now: number): void {
    for (const row of this.#database.prepare('SELECT id FROM series').all()) {
      const series = number(row, 'id');
      for (const [tier, { keptMs }] of tiers.entries()) {
        this.#database
          .prepare('DELETE FROM measure WHERE tier = ? AND series = ? AND at < ?')
          .run(tier, series, now - keptMs);
      }
    }
    this.#database.exec(
      'DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM measure WHERE tier IN (0, 1, 2) AND series = series.id)',
    );
  }
}

function opened(path: string): DatabaseSync {
  const database = openDatabase(path, [schema]);
  // What is lost in a power cut is a few samples.
  database.exec('PRAGMA synchronous = NORMAL');
  return database;
}

function tierAt(tier: number) {
  const found = tiers[tier];
  if (found === undefined) throw new Error(`There is no tier ${tier}.`);
  return found;
}
