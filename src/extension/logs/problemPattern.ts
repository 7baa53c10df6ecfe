/** Lines are bounded before they are looked at: a pattern must not be held up by what an application prints. */
const longestLine = 1000;

/** What tells lines that are problems; undefined for no pattern, and for one that is none. */
export function problemPattern(text: string): ((line: string) => boolean) | undefined {
  if (text === '') return undefined;
  try {
    const pattern = new RegExp(text);
    return (line) => line.length <= longestLine && pattern.test(line);
  } catch {
    return undefined;
  }
}
