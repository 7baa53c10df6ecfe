/** The name, or with the first number behind it that makes it one that is not taken. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  let candidate = name;
  for (let number = 2; taken(candidate); number += 1) {
    const suffix = `-${number}`;
    candidate = `${name.slice(0, 255 - suffix.length)}${suffix}`;
  }
  return candidate;
}
