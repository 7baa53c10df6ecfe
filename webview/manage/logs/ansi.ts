/** A piece of a line in one look. `tone`: one of the sixteen colours of a terminal, which every theme has. */
export interface Piece {
  readonly text: string;
  readonly tone: number | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

type Look = Omit<Piece, 'text'>;

const plain: Look = { tone: undefined, bold: false, dim: false, italic: false, underline: false };
// oxlint-disable-next-line no-control-regex
const escape = /\u001b(?:\[([0-9;:?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
/** Beyond this a line is shown as it is: colours of so long a line are nobody's wish. */
const mostPieces = 500;

/** A line with the colours and weights that a terminal would show; everything else that acts on one is left out. */
export function piecesOf(line: string): readonly Piece[] {
  const found: Piece[] = [];
  let look = plain;
  let from = 0;
  for (const match of line.matchAll(escape)) {
    if (found.length >= mostPieces) break;
    add(found, line.slice(from, match.index), look);
    from = match.index + match[0].length;
    if (match[2] === 'm') look = lookAfter(look, match[1] ?? '');
  }
  add(found, line.slice(from).replaceAll(escape, ''), look);
  return found;
}

/** The text alone. */
export function plainText(line: string): string {
  return line.replaceAll(escape, '').replaceAll(control, '');
}

function add(found: Piece[], text: string, look: Look): void {
  const shown = text.replaceAll(control, '');
  if (shown !== '') found.push({ text: shown, ...look });
}

function lookAfter(before: Look, codes: string): Look {
  const numbers = codes.split(/[;:]/).map(Number);
  let look = before;
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at] ?? 0;
    if (code === 38 || code === 48) {
      const [tone, length] = extended(numbers.slice(at + 1));
      if (code === 38) look = { ...look, tone };
      at += length;
    } else look = lookOf(look, code);
  }
  return look;
}

function lookOf(look: Look, code: number): Look {
  if (code === 0) return plain;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 3) return { ...look, italic: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 23) return { ...look, italic: false };
  if (code === 24) return { ...look, underline: false };
  if (code === 39) return { ...look, tone: undefined };
  if (code >= 30 && code <= 37) return { ...look, tone: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, tone: code - 82 };
  return look;
}

/** A colour of 256 or of all, as the nearest of the sixteen; and how many numbers said it. */
function extended([kind, ...rest]: readonly number[]): readonly [number | undefined, number] {
  if (kind === 5) return [toneOf256(rest[0] ?? 0), 2];
  if (kind === 2) return [toneOf(rest[0] ?? 0, rest[1] ?? 0, rest[2] ?? 0), 4];
  return [undefined, 1];
}

function toneOf256(index: number): number {
  if (index < 16) return index;
  if (index >= 232) return toneOf((index - 232) * 10 + 8, (index - 232) * 10 + 8, (index - 232) * 10 + 8);
  const cube = index - 16;
  const level = (n: number): number => (n === 0 ? 0 : 55 + n * 40);
  return toneOf(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function toneOf(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const on = (value: number): number => (value * 2 > most && value > 40 ? 1 : 0);
  const bright = most > 192 ? 8 : 0;
  return on(red) + 2 * on(green) + 4 * on(blue) + bright;
}
