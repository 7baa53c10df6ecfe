/**
 * Name and tag of `[host[:port]/]path[:tag]`: only a colon after the last slash begins a tag. A digest stays with
 * the name, as the engine wants it.
 */
export function splitTag(reference: string): { name: string; tag: string | undefined } {
  if (reference.includes('@')) return { name: reference, tag: undefined };
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
  if (colon < 0) return { name: reference, tag: undefined };
  return { name: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}
