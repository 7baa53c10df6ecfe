import { window, type OutputChannel } from 'vscode';
import { DisposableStore } from '../../base/disposable.ts';
import { systemClock } from '../../base/clock.ts';
import { describeError } from '../../base/log.ts';
import type { LogLine } from '../../protocol/shapes/log.ts';
import { parseTimestamp } from '../../protocol/wire.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { redact } from '../redact.ts';
import { SeenLines } from './seenLines.ts';

/** How often new lines are asked for while a channel is open, in milliseconds. */
const askEvery = 2000;
const atOnce = 500;

/** Output of deployments, each in a channel of its own: what there is, and what comes while it is open. */
export class DeploymentLogs {
  readonly #model: Pick<DeploymentsModel, 'get' | 'target'>;
  readonly #held = new DisposableStore();
  readonly #open = new Map<string, { channel: OutputChannel; life: DisposableStore }>();

  constructor(model: Pick<DeploymentsModel, 'get' | 'target'>) {
    this.#model = model;
  }

  async show(deploymentId: string): Promise<void> {
    const there = this.#open.get(deploymentId);
    if (there !== undefined) return there.channel.show(true);
    const name = this.#model.get(deploymentId)?.name ?? deploymentId;
    const life = this.#held.add(new DisposableStore());
    const channel = life.add(window.createOutputChannel(`Patr: ${name}`));
    this.#open.set(deploymentId, { channel, life });
    channel.show(true);
    void this.#follow(deploymentId, channel, life.signal());
  }

  dispose(): void {
    this.#held.dispose();
  }

  async #follow(deploymentId: string, channel: OutputChannel, signal: AbortSignal): Promise<void> {
    const seen = new SeenLines();
    let failure = '';
    while (!signal.aborted) {
      try {
        const fresh = seen.fresh(await this.#read(deploymentId, signal));
        for (const line of fresh) channel.appendLine(redact(format(line)));
        failure = '';
      } catch (error) {
        const words = describeError(error);
        // The same trouble is told once, not every two seconds.
        if (!signal.aborted && words !== failure)
          channel.appendLine(`-- The output cannot be read right now: ${words}`);
        failure = words;
      }
      await systemClock.sleep(askEvery, signal).catch(() => undefined);
    }
  }

  async #read(deploymentId: string, signal: AbortSignal): Promise<readonly LogLine[]> {
    const target = this.#model.target();
    if (target === undefined) throw new Error('the region is not connected');
    const params = { workspaceId: target.workspaceId, deploymentId };
    const { logs } = await target.api.getLogs({ params, query: { limit: atOnce } }, { signal });
    return logs.toReversed();
  }
}

function format({ timestamp, log, instance, stream }: LogLine): string {
  const at = parseTimestamp(timestamp);
  const time = at === undefined ? String(timestamp) : new Date(at).toISOString();
  const from = instance === undefined ? '' : ` ${instance.slice(0, 6)}`;
  return `${time}${from}${stream === 'stderr' ? ' !' : ''} ${log}`;
}
