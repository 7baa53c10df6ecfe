import type { Labels } from './engine.ts';

/** The `filters` parameter of a listing: things that carry all of these labels; an empty value asks for the name only. */
export function labelFilter(labels: Labels, more: Readonly<Record<string, readonly string[]>> = {}): string {
  const wanted = Object.entries(labels).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return JSON.stringify(wanted.length === 0 ? more : { ...more, label: wanted });
}
