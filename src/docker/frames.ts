import type { LogChunk } from './engine.ts';

/**
 * Tells standard output and error apart: frames of `[stream, 0, 0, 0, length (4 bytes, big-endian)]` and data.
 * Data is handed on as it comes, so nothing is held but a header. The output of a container with a terminal has
 * no frames; it is all standard output.
 */
export async function* frames(stream: AsyncIterable<Buffer>): AsyncGenerator<LogChunk, void, void> {
  let header = Buffer.alloc(0);
  let left = 0;
  let name: LogChunk['stream'] = 'stdout';
  let raw = false;
  for await (const chunk of stream) {
    let rest = chunk;
    while (rest.length > 0) {
      if (raw) {
        yield { stream: 'stdout', bytes: rest };
        break;
      }
      if (left > 0) {
        const bytes = rest.subarray(0, left);
        left -= bytes.length;
        rest = rest.subarray(bytes.length);
        yield { stream: name, bytes };
        continue;
      }
      const wanted = 8 - header.length;
      header = Buffer.concat([header, rest.subarray(0, wanted)]);
      rest = rest.subarray(wanted);
      if (!couldBeHeader(header)) {
        raw = true;
        yield { stream: 'stdout', bytes: header };
        header = Buffer.alloc(0);
      } else if (header.length === 8) {
        name = header[0] === 2 ? 'stderr' : 'stdout';
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
      }
    }
  }
  if (header.length > 0) yield { stream: 'stdout', bytes: header };
}

function couldBeHeader(bytes: Buffer): boolean {
  return (bytes[0] ?? 0) <= 2 && [1, 2, 3].every((index) => (bytes[index] ?? 0) === 0);
}
