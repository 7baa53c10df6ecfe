import type { SQLOutputValue } from 'node:sqlite';

/** One row as SQLite gives it. Rows stop in this folder: what leaves it are the nouns of `domain.ts`. */
export type Row = Record<string, SQLOutputValue>;

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unreadable(column, 'text');
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw unreadable(column, 'a number');
  return value;
}

export function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column);
}

export function flag(row: Row, column: string): boolean {
  return number(row, column) === 1;
}

/** Bytes; undefined where there are none. */
export function optionalBytes(row: Row, column: string): Buffer | undefined {
  const value = row[column];
  if (value === null) return undefined;
  if (!(value instanceof Uint8Array)) throw unreadable(column, 'bytes');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** JSON that this program wrote itself, so its shape is that of the type it was written from. */
export function json<T>(row: Row, column: string): T {
  return JSON.parse(text(row, column)) as T;
}

export function optionalJson<T>(row: Row, column: string): T | undefined {
  return row[column] === null ? undefined : json<T>(row, column);
}

/** The one value of a `SELECT count(*) AS n`. */
export function counted(row: Row | undefined): number {
  return row === undefined ? 0 : number(row, 'n');
}

function unreadable(column: string, what: string): Error {
  return new Error(`The column ${column} of the state does not hold ${what}.`);
}
