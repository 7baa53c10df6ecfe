import type { LogLine } from '../../protocol/shapes/log.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import { redact } from '../redact.ts';

/** A line of output as plain text: when, whose, and `!` for standard error. */
export function logText({ timestamp, log, instance, stream }: LogLine): string {
  const at = parseTimestamp(timestamp);
  const time = at === undefined ? String(timestamp) : new Date(at).toISOString();
  const from = instance === undefined ? '' : ` ${instance.slice(0, 6)}`;
  return redact(`${time}${from}${stream === 'stderr' ? ' !' : ''} ${withoutControls(log)}`);
}

/** What a terminal would act on means nothing in a document. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}
