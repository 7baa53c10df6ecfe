import { parseJson } from './connection.ts';

/** The engine's progress lines are short; whatever is longer is not one. */
const longestLine = 16 * 1024 * 1024;

/** Values of a stream of JSON texts, one a line. Lines that are no JSON are passed over. */
export async function* jsonLines(stream: AsyncIterable<Buffer>): AsyncGenerator<unknown, void, void> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const value = parseJson(
        Buffer.concat([...held, chunk.subarray(from, end)])
          .toString('utf8')
          .trim(),
      );
      held = [];
      size = 0;
      from = end + 1;
      if (value !== undefined) yield value;
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    if (size > longestLine) {
      held = [];
      size = 0;
    } else if (rest.length > 0) held.push(rest);
  }
  const last = parseJson(Buffer.concat(held).toString('utf8').trim());
  if (last !== undefined) yield last;
}
