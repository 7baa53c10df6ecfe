/** Whether `a` comes before `b`, as semantic versions; what cannot be read is never older. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [numbers(a), numbers(b)];
  if (left === undefined || right === undefined) return false;
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbers(version: string): number[] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  return match === null ? undefined : match.slice(1, 4).map(Number);
}
