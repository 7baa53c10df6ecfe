import * as v from 'valibot';
import { decode } from '../protocol/decode.ts';
import { logFrame, logLine, type LogLine } from '../protocol/shapes/log.ts';

/** The generation before tagged its frames from outside. */
const outside = v.object({ LogData: v.object({ logs: v.array(v.unknown()) }) });
const inside = v.object({ type: v.literal('LogData'), logs: v.array(v.unknown()) });
/** The one before that called the text of a line `logs`. */
const oldLine = v.pipe(
  v.object({ timestamp: logLine.entries.timestamp, logs: v.string() }),
  v.transform(({ timestamp, logs }): LogLine => ({ timestamp, log: logs })),
);
const anyLine = v.union([logLine, oldLine]);

/** The lines of a frame of either generation. Frames of another kind, and what is no line, are passed over. */
export function linesOf(text: string): readonly LogLine[] {
  const value = parsed(text);
  const usual = decode(logFrame, value);
  if (usual.ok) return usual.value.logs;
  const rows = decode(inside, value);
  const others = decode(outside, value);
  const found = rows.ok ? rows.value.logs : others.ok ? others.value.LogData.logs : [];
  return found.flatMap((row) => {
    const line = decode(anyLine, row);
    return line.ok ? line.value : [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
