import type { LogFrame, LogLine } from '../../protocol/shapes/log.ts';
import type { DeploymentLog } from '../logs/deploymentLog.ts';
import { LogReader, wanted, type LogFilter } from '../logs/readLog.ts';
import { logLineView, missedView } from './logViews.ts';

/** Lines of one frame, at most. */
const mostLines = 500;

/**
 * The lines that are wanted from a place of the store on, and those that come, until the signal fires or the deployment
 * is deleted. Whoever takes them slowly is told where lines are missing that the store could not keep for it.
 */
export async function* followLog(
  log: DeploymentLog,
  from: number,
  filter: LogFilter,
  signal: AbortSignal,
): AsyncGenerator<LogFrame> {
  const reader = new LogReader(log, from);
  const { end } = log;
  // What comes from now on is new, whatever its instance's clock says.
  const later = { ...filter, from: undefined };
  let wake = (): void => undefined;
  const listening = log.onGrown(() => wake());
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted && !log.closed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (!reader.behind) await promise;
      const { lines, missed } = await reader.next();
      const found: LogLine[] = lines
        .filter((line) => wanted(line, line.seq < end ? filter : later))
        .map((line) => logLineView(log.generation, line));
      const [first] = lines;
      if (missed > 0 && first !== undefined) found.unshift(missedView(missed, first.at));
      for (let start = 0; start < found.length; start += mostLines)
        yield { type: 'LogData', logs: found.slice(start, start + mostLines) };
    }
  } finally {
    listening.dispose();
    signal.removeEventListener('abort', onAbort);
  }
}
