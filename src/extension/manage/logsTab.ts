import { env, Position, ProgressLocation, Range, Uri, window, workspace, type Progress } from 'vscode';
import { rest, systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { describeError } from '../../base/log.ts';
import type { LogNews } from '../../client/followLogs.ts';
import type { LogFilter, LogPage } from '../../protocol/panelLogs.ts';
import type { ManageContract } from '../../protocol/panelManage.ts';
import { problem } from '../../protocol/problems.ts';
import type { LogLine } from '../../protocol/shapes/log.ts';
import { findPlace } from '../crash/locate.ts';
import { BoundedLines } from '../logs/bounded.ts';
import { followDeployment, pageLines, serverOf, type LogModel } from '../logs/logFeed.ts';
import type { LogProblems } from '../logs/logProblems.ts';
import { logText } from '../logs/logText.ts';
import type { PanelHandle } from '../panels/panelKind.ts';
import { redact } from '../redact.ts';
import { logQueryOf } from './logQuery.ts';

/** The page is told so often, in milliseconds, and of so many lines at most. */
const tellEveryMs = 100;
const mostAtOnce = 2000;
/** Lines of a document or a file, at most. */
const mostInAll = 100_000;

export interface LogsTabParts {
  readonly model: LogModel;
  readonly deploymentId: string;
  readonly name: () => string;
  readonly problems: Pick<LogProblems, 'look'>;
  readonly panel: Pick<PanelHandle<ManageContract>, 'tell' | 'life'>;
}

/** What the logs of one panel ask for. At most one filter is followed at a time. */
export class LogsTab {
  readonly #parts: LogsTabParts;
  #following: DisposableStore | undefined;

  constructor(parts: LogsTabParts) {
    this.#parts = parts;
    parts.panel.life.onDispose(() => this.stop());
  }

  follow(session: string, filter: LogFilter): { filters: boolean } {
    this.stop();
    const { model, deploymentId, panel, problems } = this.#parts;
    const following = new DisposableStore();
    this.#following = following;
    const signal = following.signal();
    const own = this.#ownServer();
    const waiting = new BoundedLines<LogLine>(mostAtOnce);
    const tell = (news: LogNews): void => {
      if (signal.aborted) return;
      if (news.kind === 'lines') {
        waiting.push(news.lines);
        problems.look(deploymentId, news.lines);
      } else {
        const message = news.kind === 'lost' ? describeError(news.error) : '';
        panel.tell({ kind: 'logTrouble', session, message });
      }
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

  /** Lines up to a time, that time among them. */
  async older(filter: LogFilter, before: string | number, signal: AbortSignal): Promise<LogPage> {
    const { api, workspaceId } = serverOf(this.#parts.model);
    const { deploymentId } = this.#parts;
    const asked = logQueryOf(filter, this.#ownServer());
    const endTime = String(before) === '' ? asked.endTime : String(before);
    const query = { ...asked, ...(endTime === undefined ? {} : { endTime }), limit: pageLines };
    const answer = await api.getLogs({ params: { workspaceId, deploymentId }, query }, { signal });
    const { logs, searchedTo } = answer;
    return { lines: logs.map(withoutSecrets), ...(searchedTo === undefined ? {} : { searchedTo }) };
  }

  async open(filter: LogFilter): Promise<null> {
    const content = await this.#all(filter);
    if (content === undefined) return null;
    const document = await workspace.openTextDocument({ language: 'log', content });
    await window.showTextDocument(document, { preview: false });
    return null;
  }

  async save(filter: LogFilter): Promise<null> {
    const name = `${this.#parts.name().replaceAll(/[^\w.-]+/g, '-')}.log`;
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const defaultUri = folder === undefined ? Uri.file(name) : Uri.joinPath(folder, name);
    const target = await window.showSaveDialog({ defaultUri, filters: { Logs: ['log', 'txt'] } });
    if (target === undefined) return null;
    const content = await this.#all(filter);
    if (content !== undefined) await workspace.fs.writeFile(target, Buffer.from(content));
    return null;
  }

  async openPlace(line: string): Promise<null> {
    const place = await findPlace([line]);
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

  #ownServer(): boolean {
    return this.#parts.model.target()?.backend.offers('logs') === true;
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

  /** Everything that is looked for, oldest first, as text; undefined when the person gave up. */
  async #all(filter: LogFilter): Promise<string | undefined> {
    const options = {
      location: ProgressLocation.Notification,
      title: `Reading the output of ${this.#parts.name()}`,
      cancellable: true,
    };
    return await window.withProgress(options, async (progress, token) => {
      const giveUp = new AbortController();
      const listening = token.onCancellationRequested(() => giveUp.abort());
      try {
        const lines = await this.#pages(filter, progress, giveUp.signal);
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
    progress: Progress<{ message?: string }>,
    signal: AbortSignal,
  ): Promise<readonly LogLine[]> {
    const found = new Map<string, LogLine>();
    for (let before: string | number = ''; found.size < mostInAll;) {
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

function keyOf(line: LogLine): string {
  return line.id ?? `${line.timestamp} ${line.log}`;
}

function withoutSecrets(line: LogLine): LogLine {
  return { ...line, log: redact(line.log) };
}
