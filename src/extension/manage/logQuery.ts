import type { LogFilter } from '../../protocol/panelLogs.ts';
import { formatTimestamp } from '../../protocol/wire.ts';

/** The filter as a server is asked. `own`: it knows more than a text. Times are those of this machine's clock. */
export function logQueryOf(
  { search, expression, matchCase, instance, from, until }: LogFilter,
  own: boolean,
) {
  const plain = search !== '' && !expression && (matchCase || !own) ? { search } : {};
  if (!own) return { ...plain, ...time('endTime', until, 999) };
  const pattern = expression ? search : escaped(search);
  const regex = search === '' || 'search' in plain ? {} : { regex: matchCase ? pattern : `(?i)${pattern}` };
  const whose = instance === '' ? {} : { instance };
  return { ...plain, ...regex, ...whose, ...time('startTime', from, 0), ...time('endTime', until, 999) };
}

/** A text in which nothing stands for anything else. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function time<const K extends string>(name: K, local: string, ms: number): { readonly [P in K]?: string } {
  const at = Date.parse(local);
  return Number.isNaN(at) ? {} : ({ [name]: formatTimestamp(at + ms) } as { readonly [P in K]: string });
}
