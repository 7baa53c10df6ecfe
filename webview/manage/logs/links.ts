const address = /https?:\/\/[^\s"'<>`\\^{|}]+/g;
const place =
  /(?:[\w@.-]*\/)+[\w@.-]+\.\w+["']?(?::\d+|\(\d+\)|, line \d+)|\b[\w$-]+\.(?:[cm]?[jt]sx?|py|go|java|kt|rb|php|rs|cs):\d+/;
/** Links that are offered of one line. */
const mostLinks = 5;

/** Web addresses in a text, without what ends a sentence. */
export function addressesIn(text: string): readonly string[] {
  const found = Array.from(text.matchAll(address), ([url]) => url.replace(/[).,;:!?\]]+$/, ''));
  return Array.from(new Set(found)).slice(0, mostLinks);
}

/** The place of a file that a line seems to name, such as `/app/server.js:12`; which file is meant is the host's to find. */
export function placeIn(text: string): string | undefined {
  return text.length > 1000 ? undefined : place.exec(text.replaceAll(address, ''))?.[0];
}
