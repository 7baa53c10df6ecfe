import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lookForwards, type NewerLogs, type ReadNewer } from '../../../src/client/newerLogs.ts';
import type { LogLine } from '../../../src/protocol/shapes/log.ts';
import { formatTimestamp, parseTimestamp } from '../../../src/protocol/wire.ts';
import { handClock } from '../../support/handClock.ts';

type Server = Parameters<ReadNewer>[0] & { readonly requests: number };

const hourMs = 3_600_000;

describe('reading forwards from a server that only reads back', () => {
  const clock = handClock();
  const { signal } = new AbortController();

  /** As Patr's: what was printed within an hour before a time, newest first, so many at most. */
  function serverOf(lines: readonly LogLine[]): Server {
    const server = {
      workspaceId: 'w',
      requests: 0,
      api: {
        now: () => clock.now(),
        getLogs: async ({ query }: { query: { endTime?: string; limit: number; search?: string } }) => {
          server.requests += 1;
          const end = query.endTime === undefined ? clock.now() : parseTimestamp(query.endTime)!;
          const within = lines.filter(({ timestamp, log }) => {
            const at = parseTimestamp(timestamp)!;
            return at <= end && at > end - hourMs && log.includes(query.search ?? '');
          });
          return { logs: within.toReversed().slice(0, query.limit) };
        },
      },
    };
    return server as unknown as Server;
  }

  function printed(ago: number, log: string): LogLine {
    return { timestamp: formatTimestamp(clock.now() - ago), log };
  }

  /** Page after page as whoever scrolls down asks for them, without those that are there already. */
  async function readAll(server: Server, from: LogLine, search?: string): Promise<string[]> {
    const found = [from];
    for (let at: NonNullable<NewerLogs['searchedTo']> = from.timestamp; ;) {
      const { lines, searchedTo } = await lookForwards(server, { deploymentId: 'd', search }, at, signal);
      const fresh = lines.filter((line) => !found.includes(line));
      found.push(...fresh);
      if (searchedTo === undefined && fresh.length === 0) return found.map(({ log }) => log);
      at = searchedTo ?? found.at(-1)!.timestamp;
    }
  }

  it('finds every line once and in order, however they lie', async () => {
    const gaps = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1000, max: 120_000 }),
        fc.integer({ min: hourMs, max: 30 * hourMs }),
      ),
      { minLength: 1, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(gaps, async (between) => {
        let ago = 0;
        const lines = between.map((gap, n) => printed((ago += gap), `line ${n}`)).toReversed();
        const expected = lines.map(({ log }) => log);
        assert.deepEqual(await readAll(serverOf(lines), lines[0]!), expected);
      }),
      { numRuns: 50 },
    );
  });

  it('comes through where more is printed at once than one answer holds', async () => {
    const lines = Array.from({ length: 5000 }, (_, n) => printed(20_000 - n, `line ${n}`));
    const server = serverOf(lines);
    assert.deepEqual(
      await readAll(server, lines[0]!),
      lines.map(({ log }) => log),
    );
    assert.ok(server.requests < 100, `${server.requests} requests`);
  });

  it('says how far it looked where there is nothing for long', async () => {
    const lines = [printed(400 * hourMs, 'first'), printed(1000, 'last'), printed(500, 'other')];
    const server = serverOf(lines);
    const { timestamp } = lines[0]!;
    const { searchedTo } = await lookForwards(server, { deploymentId: 'd' }, timestamp, signal);
    assert.ok(parseTimestamp(searchedTo!)! > parseTimestamp(timestamp)!);
    assert.deepEqual(await readAll(serverOf(lines), lines[0]!, 'st'), ['first', 'last']);
  });
});
