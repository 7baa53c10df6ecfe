import { basename } from 'node:path';
import { freeName } from '../../deploy/freeName.ts';

/** The folder's name, as far as a name may be like that, with a number behind it where it is taken. */
export function suggestedName(folder: string, taken: readonly string[]): string {
  const own = basename(folder)
    .replaceAll(/[^a-zA-Z0-9\-_ .]+/g, '-')
    .replaceAll(/^[- .]+|[- .]+$/g, '')
    .slice(0, 60);
  return freeName(own.length >= 4 ? own : `${own === '' ? 'my' : own}-app`, taken);
}
