/** Reads a body as UTF-8 text, and no further than `most` bytes. Undefined: it is longer. @throws what reading throws. */
export async function boundedText(
  body: AsyncIterable<Uint8Array> | null,
  most: number,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    // Leaving the loop gives up the rest, which ends its connection.
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
