import type { ContextEntry } from './contextWalk.ts';

export const tarBlock = 512;

const typeFlags = { file: '0', symlink: '2', directory: '5' } as const;
/** The largest size that eleven octal digits hold. */
const largestOctal = 0o77777777777;

/**
 * Header of an entry in a POSIX tar archive, preceded by an extended one where a name is long or foreign or a
 * size is huge. Of our own, because a library costs more per file than reading the file. Owners are root.
 */
export function tarHeader(entry: ContextEntry): Buffer {
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const link = entry.kind === 'symlink' ? entry.target : '';
  const size = entry.kind === 'file' ? entry.size : 0;
  const long: Record<string, string> = {};
  if (!fits(name)) long['path'] = name;
  if (!fits(link)) long['linkpath'] = link;
  if (size > largestOctal) long['size'] = String(size);
  const facts = {
    name,
    link,
    size: Math.min(size, largestOctal),
    mode: entry.mode,
    seconds: Math.max(0, Math.floor(entry.modifiedAt.getTime() / 1000)),
    type: typeFlags[entry.kind],
  };
  if (Object.keys(long).length === 0) return encode(facts);
  return Buffer.concat([extended(long), encode(facts)]);
}

/** Bytes from the end of a content to the next block. */
export function tarPadding(size: number): number {
  return (tarBlock - (size % tarBlock)) % tarBlock;
}

interface Facts {
  readonly name: string;
  readonly link: string;
  readonly size: number;
  readonly mode: number;
  readonly seconds: number;
  readonly type: string;
}

/** Old fields hold a hundred bytes of plain characters. */
function fits(text: string): boolean {
  return text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
}

function encode(facts: Facts): Buffer {
  const header = Buffer.alloc(tarBlock);
  header.write(facts.name.slice(0, 100), 0, 100, 'latin1');
  header.write(octal(facts.mode, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  header.write(octal(facts.size, 11), 124, 'latin1');
  header.write(octal(facts.seconds, 11), 136, 'latin1');
  header.write(`        ${facts.type}`, 148, 'latin1');
  header.write(facts.link.slice(0, 100), 157, 100, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${octal(sum, 6)}\u0000 `, 148, 'latin1');
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** Records of `length name=value`, where the length counts its own digits. */
function extended(values: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.concat(Object.entries(values).map(([name, value]) => paxRecord(name, value)));
  const head = { name: 'PaxHeader', link: '', size: body.length, mode: 0o644, seconds: 0, type: 'x' };
  return Buffer.concat([encode(head), body, Buffer.alloc(tarPadding(body.length))]);
}

function paxRecord(name: string, value: string): Buffer {
  const rest = Buffer.from(` ${name}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
