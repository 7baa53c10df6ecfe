import { fired } from './abandonable.ts';
import type { Connection } from './connection.ts';
import { EngineError, type Engine, type EngineEvent, type EventsWaiting } from './engine.ts';
import { labelFilter } from './filters.ts';
import { jsonLines } from './jsonLines.ts';
import { eventOf } from './records/eventRecord.ts';
import type { Labels } from './engine.ts';

export function events(connection: Connection): Pick<Engine, 'events'> {
  return { events: ({ labels }, options = {}) => read(connection, labels, options) };
}

async function* read(
  connection: Connection,
  labels: Labels,
  { signal, onSubscribed }: EventsWaiting,
): AsyncGenerator<EngineEvent, void, void> {
  if (fired(signal)) return;
  const filters = labelFilter(labels, { type: ['container', 'network', 'volume', 'image'] });
  try {
    const stream = await connection.stream({ method: 'GET', path: '/events', query: { filters }, signal });
    try {
      // The engine sends its head once it has subscribed: from here on nothing is missed.
      onSubscribed?.();
      for await (const value of jsonLines(stream)) {
        const event = eventOf(value);
        if (event !== undefined) yield event;
      }
    } finally {
      stream.destroy();
    }
  } catch (error) {
    if (fired(signal)) return;
    const told = connection.explain(error, signal);
    // A stream that breaks has ended: whoever listens subscribes and lists again.
    const brokeOff = told instanceof EngineError && told.kind === 'unreachable' && isBreak(told.cause);
    if (!brokeOff) throw told;
  }
}

function isBreak(cause: unknown): boolean {
  const code = cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}
