import { rest, systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { describeError } from '../../base/log.ts';
import type { LogNews } from '../../client/followLogs.ts';
import type { LogFilter } from '../../protocol/panelLogs.ts';
import type { ManageContract } from '../../protocol/panelManage.ts';
import type { LogLine } from '../../protocol/shapes/log.ts';
import { BoundedLines } from '../logs/bounded.ts';
import { followDeployment, serverOf, type LogModel } from '../logs/logFeed.ts';
import type { LogProblems } from '../logs/logProblems.ts';
import type { PanelHandle } from '../panels/panelKind.ts';
import { redact } from '../redact.ts';
import { logQueryOf } from './logQuery.ts';

/** The page is told so often, in milliseconds, and of so much at most. */
const tellEveryMs = 100;
const mostAtOnce = { lines: 2000, text: 2 * 1024 * 1024, textOf: ({ log }: LogLine) => log };

export interface FollowedLogsParts {
  readonly model: LogModel;
  readonly deploymentId: string;
  readonly problems: Pick<LogProblems, 'look' | 'looks'>;
  readonly panel: Pick<PanelHandle<ManageContract>, 'tell' | 'life' | 'onHidden'>;
}

/** What the page of one panel is told while lines come. At most one filter is followed at a time. */
export class FollowedLogs {
  readonly #parts: FollowedLogsParts;
  #following: DisposableStore | undefined;

  constructor(parts: FollowedLogsParts) {
    this.#parts = parts;
    parts.panel.life.onDispose(() => this.stop());
    // The page is gone and begins anew when it is shown; until then lines are read for the editor's problems alone.
    parts.panel.life.add(
      parts.panel.onHidden(() => {
        if (!parts.problems.looks()) this.stop();
      }),
    );
  }

  /** @throws when the server is not connected: only a server that is there tells how it can be asked. */
  follow(session: string, filter: LogFilter): { filters: boolean } {
    this.stop();
    const { model, deploymentId, panel, problems } = this.#parts;
    const own = isOwn(model);
    const following = new DisposableStore();
    this.#following = following;
    const signal = following.signal();
    const waiting = new BoundedLines<LogLine>(mostAtOnce);
    const tell = (news: LogNews): void => {
      if (signal.aborted) return;
      if (news.kind === 'lines') {
        waiting.push(news.lines);
        problems.look(deploymentId, news.lines);
      } else panel.tell({ kind: 'logTrouble', session, message: troubleOf(news) });
    };
    const wish = { deploymentId, ...logQueryOf(filter, own) };
    if (filter.until === '') void followDeployment(model, wish, tell, signal);
    void this.#tellNowAndThen(session, waiting, signal);
    return { filters: own };
  }

  stop(): null {
    this.#following?.dispose();
    this.#following = undefined;
    return null;
  }

  async #tellNowAndThen(session: string, waiting: BoundedLines<LogLine>, signal: AbortSignal): Promise<void> {
    do {
      const portion = waiting.take();
      if (portion === undefined) continue;
      const { leftOut } = portion;
      this.#parts.panel.tell({
        kind: 'logLines',
        session,
        lines: portion.lines.map(withoutSecrets),
        leftOut,
      });
    } while (await rest(systemClock, tellEveryMs, signal));
  }
}

/** Empty when all is well. */
function troubleOf(news: Exclude<LogNews, { kind: 'lines' }>): string {
  switch (news.kind) {
    case 'connected':
      return '';
    case 'lost':
      return describeError(news.error);
    case 'deleted':
      return 'The deployment was deleted. Nothing more comes here; copy what you want to keep.';
  }
}

/** Whether the server knows more than a text to look for. @throws when the server is not connected. */
export function isOwn(model: LogModel): boolean {
  serverOf(model);
  return model.target()?.backend.offers('logs') === true;
}

export function withoutSecrets(line: LogLine): LogLine {
  return { ...line, log: redact(line.log) };
}
