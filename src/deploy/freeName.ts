/** A name that nobody has: it, or it with the first number behind it that makes it free. */
export function freeName(name: string, taken: readonly string[]): string {
  const names = new Set(taken.map((one) => one.toLowerCase()));
  if (!names.has(name.toLowerCase())) return name;
  const number = [...Array(names.size + 1).keys()].find(
    (index) => !names.has(`${name}-${index + 2}`.toLowerCase()),
  );
  return `${name}-${(number ?? 0) + 2}`;
}
