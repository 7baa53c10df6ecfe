import assert from 'node:assert/strict';
import { DisposableStore } from '../../../../src/base/disposable.ts';
import { Emitter } from '../../../../src/base/emitter.ts';
import { FollowedLogs, type FollowedLogsParts } from '../../../../src/extension/manage/followedLogs.ts';
import { noLogFilter } from '../../../../src/protocol/panelLogs.ts';
import type { LogLine } from '../../../../src/protocol/shapes/log.ts';

const lines: LogLine[] = ['a', 'b'].map((log, n) => ({
  timestamp: `2026-01-01 00:00:0${n}.0 +00:00:00`,
  log,
}));
const [first, second] = lines as [LogLine, LogLine];

describe('the logs that a panel follows', () => {
  let life: DisposableStore;
  let hidden: Emitter<void>;
  let told: unknown[];
  let connected: boolean;
  let looks: boolean;
  let streams: number;
  let wake: () => void;
  let followed: FollowedLogs;

  /** Waits for what is told and opened. */
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const happen = (): void => wake();

  beforeEach(() => {
    life = new DisposableStore();
    hidden = new Emitter<void>((error) => assert.fail(String(error)));
    told = [];
    connected = true;
    looks = false;
    streams = 0;
    wake = () => undefined;
    const api = {
      getLogs: async () => ({ logs: [first] }),
      async *followLogs(_: unknown, { signal }: { signal: AbortSignal }): AsyncGenerator<readonly LogLine[]> {
        streams += 1;
        happen();
        try {
          yield lines;
          if (signal.aborted) return;
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        } finally {
          streams -= 1;
          happen();
        }
      },
    };
    const target = { api, workspaceId: 'w', backend: { offers: () => true } };
    followed = new FollowedLogs({
      model: { target: () => (connected ? target : undefined) } as unknown as FollowedLogsParts['model'],
      deploymentId: 'd',
      problems: { look: () => undefined, looks: () => looks },
      panel: {
        life,
        onHidden: hidden.event,
        tell: (news) => {
          if (news.kind === 'logLines') told.push(...news.lines.map(({ log }) => `${news.session} ${log}`));
          happen();
        },
      },
    });
  });
  afterEach(() => life.dispose());

  it('are told each once to the page that asks, and to the next one from the beginning', async () => {
    assert.deepEqual(followed.follow('1', noLogFilter), { filters: true });
    await until(() => told.length === 2);
    followed.follow('2', noLogFilter);
    await until(() => told.length === 4 && streams === 1);
    assert.deepEqual(told, ['1 a', '1 b', '2 a', `2 ${second.log}`]);
  });

  it('are not read for a page that is hidden, and are again for the one after it', async () => {
    followed.follow('1', noLogFilter);
    await until(() => streams === 1);
    hidden.fire();
    await until(() => streams === 0);
    followed.follow('2', noLogFilter);
    await until(() => told.includes('2 b'));
    assert.equal(streams, 1);
  });

  it('are read on for the problems of the editor, until the panel is closed', async () => {
    looks = true;
    followed.follow('1', noLogFilter);
    await until(() => streams === 1);
    hidden.fire();
    await until(() => told.length === 2);
    assert.equal(streams, 1);
    life.dispose();
    await until(() => streams === 0);
  });

  it('have not begun while nobody can tell how the region is asked', () => {
    connected = false;
    assert.throws(() => followed.follow('1', noLogFilter), /not connected/);
  });
});
