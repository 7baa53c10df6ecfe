import { basename } from 'node:path';

/** The folder's name, as far as a name may be like that, with a number behind it where it is taken. */
export function suggestedName(folder: string, taken: readonly string[]): string {
  const own = basename(folder)
    .replaceAll(/[^a-zA-Z0-9\-_ .]+/g, '-')
    .replaceAll(/^[- .]+|[- .]+$/g, '')
    .slice(0, 60);
  return freeName(own.length >= 4 ? own : `${own === '' ? 'my' : own}-app`, taken);
}

/** A name that nobody has: it, or it with the first number behind it that makes it free. */
export function freeName(name: string, taken: readonly string[]): string {
  const names = new Set(taken.map((one) => one.toLowerCase()));
  if (!names.has(name.toLowerCase())) return name;
  const number = [...Array(names.size + 1).keys()].find(
    (index) => !names.has(`${name}-${index + 2}`.toLowerCase()),
  );
  return `${name}-${(number ?? 0) + 2}`;
}
