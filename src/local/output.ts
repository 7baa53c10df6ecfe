/** Longest piece of a line that is kept while its end is still to come, in characters. */
const longestRest = 10_000;

/** Output of a container as lines. */
export async function* lines(chunks: AsyncIterable<{ readonly bytes: Buffer }>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const { bytes } of chunks) {
    rest += decoder.decode(bytes, { stream: true });
    const found = rest.split('\n');
    rest = (found.pop() ?? '').slice(-longestRest);
    yield* found;
  }
  if (rest !== '') yield rest;
}
