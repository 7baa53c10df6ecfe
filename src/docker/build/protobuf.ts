/** One field of a protobuf message. Fixed-width numbers are passed over: nothing read here has any. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/**
 * The fields of a message, in order. The two messages of BuildKit that matter have five kinds of fields between
 * them; a protobuf library would be ten times the size of everything else in this bundle.
 * @throws RangeError when the message is cut off.
 */
export function* fields(message: Buffer): Generator<Field, void, void> {
  const reader = { message, at: 0 };
  while (reader.at < message.length) {
    const tag = Number(varint(reader));
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint(reader) };
        break;
      case 1:
        take(reader, 8);
        break;
      case 2:
        yield { number, value: take(reader, Number(varint(reader))) };
        break;
      case 5:
        take(reader, 4);
        break;
      default:
        throw new RangeError(`A protobuf message has a field of the unknown kind ${tag & 7}.`);
    }
  }
}

interface Reader {
  readonly message: Buffer;
  at: number;
}

function varint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = BigInt(take(reader, 1)[0] ?? 0);
    value |= (byte & 0x7fn) << shift;
    if (byte < 0x80n) return value;
  }
  throw new RangeError('A protobuf number does not end.');
}

function take(reader: Reader, length: number): Buffer {
  const end = reader.at + length;
  if (end > reader.message.length) throw new RangeError('A protobuf message is cut off.');
  const part = reader.message.subarray(reader.at, end);
  reader.at = end;
  return part;
}

/** A message made of text fields, by number; empty texts are left out, as protobuf has it. */
export function textMessage(values: Readonly<Record<number, string>>): Buffer {
  return Buffer.concat(
    Object.entries(values).flatMap(([number, value]) => {
      if (value === '') return [];
      const bytes = Buffer.from(value);
      return [encodeVarint((Number(number) << 3) | 2), encodeVarint(bytes.length), bytes];
    }),
  );
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
