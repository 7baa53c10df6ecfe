import { formatBytes } from '../../base/formatBytes.ts';

/** A config mount as text; what is none is told, and never shown as if it were. `base64`: as on the wire. */
export function configText(name: string, base64: string | undefined): string {
  if (base64 === undefined) return `The config mount ${name} does not exist (any more).\n`;
  const bytes = Buffer.from(base64, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return `${name} is no text: ${formatBytes(bytes.length)} that are not UTF-8.\n`;
  }
}
