import { window, type LogOutputChannel } from 'vscode';
import { describeError } from '../base/log.ts';
import type { LocalHost } from '../local/contract.ts';
import { redact } from './redact.ts';

/** Output of the control plane's container in a channel of its own, followed from when it is first shown. */
export class RegionLog {
  #channel: LogOutputChannel | undefined;
  #following: AbortController | undefined;

  show(host: LocalHost): void {
    this.#channel ??= window.createOutputChannel('Patr Control Plane', { log: true });
    this.#channel.show(true);
    if (this.#following === undefined) void this.#follow(host, this.#channel);
  }

  dispose(): void {
    this.#following?.abort();
    this.#channel?.dispose();
  }

  async #follow(host: LocalHost, channel: LogOutputChannel): Promise<void> {
    const following = new AbortController();
    this.#following = following;
    try {
      for await (const line of host.logs({ tail: 500, signal: following.signal })) append(channel, line);
      if (!following.signal.aborted) channel.info('The control plane has stopped.');
    } catch (error) {
      if (!following.signal.aborted)
        channel.warn(`The output cannot be read any more: ${describeError(error)}`);
    } finally {
      this.#following = undefined;
    }
  }
}

/** Lines begin with a time and a level, which the channel shows in its own way. */
function append(channel: LogOutputChannel, line: string): void {
  const [, level = 'info', rest = line] = /^\S+ (debug|info|warn|error) (.*)$/.exec(line) ?? [];
  const text = redact(rest);
  if (level === 'error') channel.error(text);
  else if (level === 'warn') channel.warn(text);
  else if (level === 'debug') channel.debug(text);
  else channel.info(text);
}
