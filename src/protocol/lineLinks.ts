/** A place of a program, as a line of output names it. */
export interface NamedPlace {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, where the line tells it. */
  readonly column?: number;
}

const address = /https?:\/\/[^\s"'<>`\\^{|}]+/g;
const place =
  /((?:[\w@.-]*\/)+[\w@.-]+\.\w+|\b[\w$-]+\.(?:[cm]?[jt]sx?|py|go|java|kt|rb|php|rs|cs)(?=:\d))["']?(?::|\(|, line )(\d+)(?::(\d+))?/;
/** Links that are offered of one line. */
const mostLinks = 5;

/** Web addresses in a text, without what ends a sentence. */
export function addressesIn(text: string): readonly string[] {
  const found = Array.from(text.matchAll(address), ([url]) => url.replace(/[).,;:!?\]]+$/, ''));
  return Array.from(new Set(found)).slice(0, mostLinks);
}

/** The first place that a line seems to name, such as `/app/server.js:12`, wherever in it; which file is meant is the host's to find. */
export function placeIn(text: string): NamedPlace | undefined {
  if (text.length > 1000) return undefined;
  const [, path, line, column] = place.exec(text.replaceAll(address, '')) ?? [];
  if (path === undefined || line === undefined) return undefined;
  return { path, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}
