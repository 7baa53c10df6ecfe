import { env, Position, ProgressLocation, Range, Uri, window, workspace, type Progress } from 'vscode';
import { lookForwards, readForwards, type NewerLogs } from '../../client/newerLogs.ts';
import type { LogFilter, LogPage } from '../../protocol/panelLogs.ts';
import { problem } from '../../protocol/problems.ts';
import type { LogLine } from '../../protocol/shapes/log.ts';
import { findPlace } from '../crash/locate.ts';
import { pageLines, serverOf } from '../logs/logFeed.ts';
import { logText } from '../logs/logText.ts';
import { FollowedLogs, isOwn, withoutSecrets, type FollowedLogsParts } from './followedLogs.ts';
import { logQueryOf } from './logQuery.ts';

/** Lines of a document or a file, at most. */
const mostInAll = 100_000;

export interface LogsTabParts extends FollowedLogsParts {
  readonly name: () => string;
}

/** What the logs of one panel ask for. */
export class LogsTab {
  readonly #parts: LogsTabParts;
  readonly #followed: FollowedLogs;

  constructor(parts: LogsTabParts) {
    this.#parts = parts;
    this.#followed = new FollowedLogs(parts);
  }

  follow(session: string, filter: LogFilter): { filters: boolean } {
    return this.#followed.follow(session, filter);
  }

  stop(): null {
    return this.#followed.stop();
  }

  /** Lines up to a time, that time among them. */
  async older(filter: LogFilter, before: string | number, signal: AbortSignal): Promise<LogPage> {
    const { api, workspaceId } = serverOf(this.#parts.model);
    const { deploymentId } = this.#parts;
    const asked = logQueryOf(filter, isOwn(this.#parts.model));
    const endTime = String(before) === '' ? asked.endTime : String(before);
    const query = { ...asked, ...(endTime === undefined ? {} : { endTime }), limit: pageLines };
    const answer = await api.getLogs({ params: { workspaceId, deploymentId }, query }, { signal });
    return pageOf({ lines: answer.logs, searchedTo: answer.searchedTo });
  }

  /** Lines from a time on, that time among them. */
  async newer(filter: LogFilter, after: string | number, signal: AbortSignal): Promise<LogPage> {
    const { model, deploymentId } = this.#parts;
    const own = isOwn(model);
    const wish = { deploymentId, ...logQueryOf({ ...filter, until: '' }, own) };
    const read = own ? readForwards : lookForwards;
    return pageOf(await read(serverOf(model), wish, after, signal));
  }

  /** `upTo`: the newest time that is meant; absent: that of the filter. */
  async open(filter: LogFilter, upTo?: string | number): Promise<null> {
    const content = await this.#all(filter, upTo);
    if (content === undefined) return null;
    const document = await workspace.openTextDocument({ language: 'log', content });
    await window.showTextDocument(document, { preview: false });
    return null;
  }

  async save(filter: LogFilter, upTo?: string | number): Promise<null> {
    const name = `${this.#parts.name().replaceAll(/\W+/g, '-').replace(/^-/, '')}.log`;
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const defaultUri = folder === undefined ? Uri.file(name) : Uri.joinPath(folder, name);
    const target = await window.showSaveDialog({ defaultUri, filters: { Logs: ['log', 'txt'] } });
    if (target === undefined) return null;
    const content = await this.#all(filter, upTo);
    if (content !== undefined) await workspace.fs.writeFile(target, Buffer.from(content));
    return null;
  }

  async openPlace(line: string): Promise<null> {
    const place = await findPlace(line);
    if (place === undefined)
      throw problem('resourceDoesNotExist', {
        says: 'No file of this workspace is meant by this line. Open the folder that the image was built from.',
      });
    const { uri, line: row, column = 0 } = place;
    const document = await workspace.openTextDocument(uri);
    const at = document.validatePosition(new Position(row, column));
    await window.showTextDocument(document, { selection: new Range(at, at) });
    return null;
  }

  /** The editor asks whether to trust the address. */
  async openUrl(url: string): Promise<null> {
    if (!/^https?:\/\//i.test(url))
      throw problem('wrongParameters', { says: 'Only http and https are opened.' });
    await env.openExternal(Uri.parse(url, true));
    return null;
  }

  /** Everything that is looked for, oldest first, as text; undefined when the person gave up. */
  async #all(filter: LogFilter, upTo: string | number | undefined): Promise<string | undefined> {
    const options = {
      location: ProgressLocation.Notification,
      title: `Reading the output of ${this.#parts.name()}`,
      cancellable: true,
    };
    return await window.withProgress(options, async (progress, token) => {
      const giveUp = new AbortController();
      const listening = token.onCancellationRequested(() => giveUp.abort());
      try {
        const lines = await this.#pages(filter, upTo, progress, giveUp.signal);
        return `${lines.toReversed().map(logText).join('\n')}\n`;
      } catch (error) {
        if (giveUp.signal.aborted) return undefined;
        throw error;
      } finally {
        listening.dispose();
      }
    });
  }

  async #pages(
    filter: LogFilter,
    upTo: string | number | undefined,
    progress: Progress<{ message?: string }>,
    signal: AbortSignal,
  ): Promise<readonly LogLine[]> {
    const found = new Map<string, LogLine>();
    for (let before = upTo ?? ''; found.size < mostInAll;) {
      const { lines, searchedTo } = await this.older(filter, before, signal);
      const had = found.size;
      for (const line of lines) found.set(keyOf(line), line);
      progress.report({ message: `${found.size} lines` });
      const next: string | number | undefined =
        searchedTo ?? (lines.length < pageLines ? undefined : lines.at(-1)?.timestamp);
      // A page that brings nothing new is the last one: all of it is of one moment.
      if (next === undefined || next === before || (searchedTo === undefined && found.size === had)) break;
      before = next;
    }
    return Array.from(found.values());
  }
}

function pageOf({ lines, searchedTo }: NewerLogs): LogPage {
  return { lines: lines.map(withoutSecrets), ...(searchedTo === undefined ? {} : { searchedTo }) };
}

function keyOf(line: LogLine): string {
  return line.id ?? `${line.timestamp} ${line.log}`;
}
