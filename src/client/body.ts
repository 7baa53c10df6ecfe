/** The most that is read of an answer, in bytes. A server that sends more is not understood. */
export const largestAnswer = 64_000_000;

/** The text of an answer, or undefined where it is too long. @throws what breaks it, and the signal's reason. */
export async function textOf(
  response: Response,
  most = largestAnswer,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const leave = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener('abort', leave, { once: true });
  const decoder = new TextDecoder();
  const parts: string[] = [];
  try {
    signal?.throwIfAborted();
    for (let read = 0; ;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return parts.join('') + decoder.decode();
      read += value.byteLength;
      if (read > most) return undefined;
      parts.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    // What was not read to its end must not go on; one that broke has nothing left to cancel.
    await reader.cancel().catch(() => undefined);
  }
}
