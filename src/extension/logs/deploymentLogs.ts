import { window, type OutputChannel } from 'vscode';
import { rest, systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { describeError } from '../../base/log.ts';
import type { LogNews } from '../../client/followLogs.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { BoundedLines } from './bounded.ts';
import { followDeployment } from './logFeed.ts';
import type { LogProblems } from './logProblems.ts';
import { logText } from './logText.ts';

/** A channel grows so often, in milliseconds, and by so many lines at most: the editor draws no more. */
const showEveryMs = 150;
const mostAtOnce = 1000;

/** Output of deployments, each in a channel of its own: the newest lines there are, and what comes while it is open. */
export class DeploymentLogs {
  readonly #model: Pick<DeploymentsModel, 'get' | 'target'>;
  readonly #problems: Pick<LogProblems, 'look'>;
  readonly #held = new DisposableStore();
  readonly #open = new Map<string, { channel: OutputChannel; life: DisposableStore }>();

  constructor(model: Pick<DeploymentsModel, 'get' | 'target'>, problems: Pick<LogProblems, 'look'>) {
    this.#model = model;
    this.#problems = problems;
  }

  async show(deploymentId: string): Promise<void> {
    const there = this.#open.get(deploymentId);
    if (there !== undefined) return there.channel.show(true);
    const name = this.#model.get(deploymentId)?.name ?? deploymentId;
    const life = this.#held.add(new DisposableStore());
    const channel = life.add(window.createOutputChannel(`Patr: ${name}`));
    this.#open.set(deploymentId, { channel, life });
    channel.show(true);
    const signal = life.signal();
    const lines = new BoundedLines<string>(mostAtOnce);
    const tell = (news: LogNews): void => {
      lines.push(textsOf(news));
      if (news.kind === 'lines') this.#problems.look(deploymentId, news.lines);
    };
    void followDeployment(this.#model, { deploymentId }, tell, signal);
    void showNowAndThen(channel, lines, signal);
  }

  dispose(): void {
    this.#held.dispose();
  }
}

function textsOf(news: LogNews): string[] {
  switch (news.kind) {
    case 'lines':
      return news.lines.map(logText);
    case 'connected':
      return ['-- Connected again'];
    case 'lost':
      return [
        `-- The output cannot be read right now: ${describeError(news.error)} It goes on here when it can.`,
      ];
  }
}

async function showNowAndThen(
  channel: OutputChannel,
  waiting: BoundedLines<string>,
  signal: AbortSignal,
): Promise<void> {
  do {
    const portion = waiting.take();
    if (portion === undefined) continue;
    const { leftOut, lines } = portion;
    const note =
      leftOut === 0 ? [] : [`-- ${leftOut} lines are left out here; the panel of the deployment has them`];
    channel.append([...note, ...lines, ''].join('\n'));
  } while (await rest(systemClock, showEveryMs, signal));
}
