import { problem } from '../../../protocol/problems.ts';
import { matcherOf } from '../../logs/logMatch.ts';
import type { DeploymentLog } from '../../logs/deploymentLog.ts';
import { firstSeqFrom, readPage, type LogFilter } from '../../logs/readLog.ts';
import { deploymentOf } from '../find.ts';
import { followLog } from '../followLog.ts';
import type { Asked, Some } from '../handler.ts';
import { logLineView, logTimeFrom, wireTime } from '../logViews.ts';
import type { ApiParts } from '../parts.ts';

type Names = 'getLogs' | 'followLogs';

export function logHandlers(parts: ApiParts): Some<Names> {
  const { store, logs, clock } = parts;
  return {
    async getLogs({ params, query, signal }) {
      const found = deploymentOf(store, params);
      const filter = filterOf(query);
      const intake = await logs.of(found.id);
      if (intake === 'gone') return { logs: [] };
      const { generation } = intake.stored;
      const { limit, direction } = query;
      const page = await readPage(intake.stored, { ...filter, limit, direction }, { clock, signal });
      return {
        logs: page.lines.map((line) => logLineView(generation, line)),
        ...(page.searchedTo === undefined ? {} : { searchedTo: wireTime(page.searchedTo) }),
      };
    },
    async followLogs({ params, query, signal }) {
      const found = deploymentOf(store, params);
      const filter = filterOf(query);
      const intake = await logs.of(found.id);
      if (intake === 'gone') throw problem('resourceDoesNotExist');
      const { stored } = intake;
      const seen = seenBy(stored, query.after);
      if (seen !== undefined) return followLog(stored, seen + 1, { ...filter, from: undefined }, signal);
      const first = filter.from === undefined ? stored.end : firstSeqFrom(stored, filter.from);
      return followLog(stored, first, filter, signal);
    },
  };
}

/** Number of the line of that name; undefined for one of another store, of which nothing is known. */
function seenBy(log: DeploymentLog, after: string | undefined): number | undefined {
  const [generation, seq = ''] = after?.split('.') ?? [];
  return generation === log.generation && /^\d{1,15}$/.test(seq) ? Number(seq) : undefined;
}

/** @throws ProblemError when a time or the expression cannot be read. */
function filterOf(
  query: Asked<'followLogs'>['query'] & { readonly endTime?: string | undefined },
): LogFilter {
  return {
    instanceId: query.instance,
    from: timeOf('startTime', query.startTime, 'first'),
    until: timeOf('endTime', query.endTime, 'last'),
    matches: matcherOf({ search: query.search, regex: query.regex }),
  };
}

function timeOf(field: string, text: string | undefined, which: 'first' | 'last'): string | undefined {
  if (text === undefined) return undefined;
  const time = logTimeFrom(text, which);
  if (time !== undefined) return time;
  const message = 'must be a time such as 2026-01-01 00:00:00.0 +00:00:00';
  throw problem('wrongParameters', {
    says: 'Invalid Query Parameters',
    fields: [{ field, message }],
  });
}
