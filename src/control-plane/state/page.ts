/** `count` rows from row `count * page` on. */
export interface PageWanted {
  readonly count: number;
  readonly page: number;
}

/** Rows of one page, and how many there are on all of them. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

export function limits(wanted: PageWanted): { limit: number; offset: number } {
  return { limit: wanted.count, offset: wanted.count * wanted.page };
}
