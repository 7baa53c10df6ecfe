import type { Associated, Sealer } from './sealer.ts';

/** How sealing everything anew went, in numbers of rows. */
export interface SealedAnew {
  readonly sealed: number;
  /** Their key is gone, or they were changed: they need their values anew. */
  readonly unreadable: number;
}

/** What rows with a sealed text belong to, and how one is written with its text sealed by the newest key. */
export interface SealedRows<Row> {
  readonly rows: Iterable<Row>;
  readonly belongingTo: (row: Row) => Associated;
  readonly put: (row: Row, text: string) => void;
}

/** Lets the newest key be the one that every row is sealed with. The caller holds the transaction. */
export function sealAnew<Row extends { readonly sealed: string }>(
  sealer: Sealer,
  { rows, belongingTo, put }: SealedRows<Row>,
): SealedAnew {
  let [sealed, unreadable] = [0, 0];
  for (const row of rows) {
    const opened = sealer.open(row.sealed, belongingTo(row));
    if (opened.kind !== 'opened') unreadable += 1;
    else if (!sealer.isCurrent(row.sealed)) {
      put(row, opened.text);
      sealed += 1;
    }
  }
  return { sealed, unreadable };
}
