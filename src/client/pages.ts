import { anySignal } from '../base/abort.ts';

/** One page, and the total of the whole list where the server told one. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number | undefined;
}

/** The most pages that are read of one list, and how many at a time once it is known how many there are. */
const mostPages = 1000;
const pagesAtOnce = 4;

/**
 * All rows of a list in its order. What is on its way when whoever asks leaves is given up. @throws what `ask` throws.
 */
export async function* readPages<T>(
  pageSize: number,
  signal: AbortSignal | undefined,
  ask: (page: number, signal: AbortSignal) => Promise<Page<T>>,
): AsyncGenerator<T, void, void> {
  const leaving = new AbortController();
  const limit = anySignal(signal, leaving.signal);
  const ahead: Promise<Page<T>>[] = [];
  let next = 0;
  let pages = 1;
  let seen = 0;
  let firstBefore: string | undefined;
  try {
    for (;;) {
      while (ahead.length < pagesAtOnce && next < pages) ahead.push(heardLater(ask(next++, limit)));
      const page = await ahead.shift();
      if (page === undefined) return;
      const { rows, total } = page;
      const first = JSON.stringify(rows[0]);
      // A server that does not page this list gives all of it again and again.
      if (first === firstBefore) return;
      firstBefore = first;
      yield* rows;
      seen += rows.length;
      if (isLast(rows.length, seen, total, pageSize)) return;
      // A server may have smaller pages than were asked for; and a list may grow while it is read.
      if (next === 1 && total !== undefined && total >= rows.length) pages = Math.ceil(total / rows.length);
      if (ahead.length === 0) pages = Math.max(pages, next + 1);
      pages = Math.min(mostPages, pages);
    }
  } finally {
    leaving.abort();
  }
}

/** Servers count the total from the rows of the page, and say 0 past the end: it counts only beside rows. */
function isLast(rows: number, seen: number, total: number | undefined, pageSize: number): boolean {
  if (rows === 0) return true;
  return total === undefined || total < rows ? rows < pageSize : seen >= total;
}

/** A page that fails while another one is waited for fails when its turn comes, or never. */
function heardLater<T>(page: Promise<T>): Promise<T> {
  page.catch(() => undefined);
  return page;
}
