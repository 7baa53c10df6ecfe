/** Which rows of a list are drawn, and the room that the others take, in pixels. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly above: number;
  readonly below: number;
}

/** Height of a row in pixels; the style says the same. */
export const rowHeight = 20;
/** Rows that are drawn beyond what is seen, on each side. */
const spare = 20;

/** `top` and `height`: what is seen of the list, in pixels. */
export function windowOf(count: number, top: number, height: number): Window {
  const first = Math.min(Math.max(0, Math.floor(top / rowHeight) - spare), Math.max(0, count - 1));
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + spare);
  return {
    from: first,
    to: Math.max(first, last),
    above: first * rowHeight,
    below: (count - Math.max(first, last)) * rowHeight,
  };
}

/** Where a list is scrolled to for a row to be seen whole, in pixels; it stays where it is when the row is seen. */
export function revealed(row: number, top: number, height: number): number {
  const place = row * rowHeight;
  return place < top ? place : Math.max(top, place + rowHeight - height);
}
