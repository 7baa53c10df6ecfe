import { window, type OutputChannel } from 'vscode';
import { rest, systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { describeError } from '../../base/log.ts';
import type { LogNews } from '../../client/followLogs.ts';
import type { Models } from '../model/models.ts';
import { BoundedLines } from './bounded.ts';
import { followDeployment } from './logFeed.ts';
import type { LogProblems } from './logProblems.ts';
import { logText } from './logText.ts';

/** A channel grows so often, in milliseconds, and by so much at most: the editor draws no more. */
const showEveryMs = 150;
const mostAtOnce = { lines: 1000, text: 1024 * 1024, textOf: (line: string) => line };

interface Opened {
  readonly channel: OutputChannel;
  readonly life: DisposableStore;
  followed: boolean;
}

/** Output of deployments, each in a channel of its own: the newest lines there are, and what comes while it is open. */
export class DeploymentLogs {
  readonly #models: Pick<Models, 'of' | 'by'>;
  readonly #problems: Pick<LogProblems, 'look'>;
  readonly #held = new DisposableStore();
  readonly #open = new Map<string, Opened>();

  constructor(models: Pick<Models, 'of' | 'by'>, problems: Pick<LogProblems, 'look'>) {
    this.#models = models;
    this.#problems = problems;
  }

  async show(deploymentId: string): Promise<void> {
    const opened = this.#open.get(deploymentId) ?? this.#make(deploymentId);
    opened.channel.show(true);
    if (!opened.followed) void this.#follow(deploymentId, opened);
  }

  dispose(): void {
    this.#held.dispose();
  }

  #make(deploymentId: string): Opened {
    const name = this.#models.of(deploymentId).get(deploymentId)?.name ?? deploymentId;
    const life = this.#held.add(new DisposableStore());
    const channel = life.add(window.createOutputChannel(`Patr: ${name}`));
    const opened = { channel, life, followed: false };
    this.#open.set(deploymentId, opened);
    return opened;
  }

  /** Until the deployment is deleted: the channel stays, with its last words. */
  async #follow(deploymentId: string, opened: Opened): Promise<void> {
    const { channel, life } = opened;
    opened.followed = true;
    const following = life.add(new DisposableStore());
    const lines = new BoundedLines<string>(mostAtOnce);
    const tell = (news: LogNews): void => {
      lines.push(textsOf(news));
      if (news.kind === 'lines') this.#problems.look(deploymentId, news.lines);
    };
    void showNowAndThen(channel, lines, following.signal());
    const { id } = this.#models.of(deploymentId).connection;
    // Signing in as somebody else makes another model of the same connection.
    const model = { target: () => this.#models.by(id)?.target() };
    await followDeployment(model, { deploymentId }, tell, life.signal());
    following.dispose();
    if (life.disposed) return;
    opened.followed = false;
    showWaiting(channel, lines);
  }
}

function textsOf(news: LogNews): string[] {
  switch (news.kind) {
    case 'lines':
      return news.lines.map(logText);
    case 'connected':
      return ['-- Connected again'];
    case 'deleted':
      return [
        '-- The deployment was deleted. Nothing more comes here, and its output is not kept elsewhere.',
      ];
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
  do showWaiting(channel, waiting);
  while (await rest(systemClock, showEveryMs, signal));
}

function showWaiting(channel: OutputChannel, waiting: BoundedLines<string>): void {
  const portion = waiting.take();
  if (portion === undefined) return;
  const { leftOut, lines } = portion;
  const note =
    leftOut === 0 ? [] : [`-- ${leftOut} lines are left out here; the panel of the deployment has them`];
  channel.append([...note, ...lines, ''].join('\n'));
}
