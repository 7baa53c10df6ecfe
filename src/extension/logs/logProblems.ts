import { Diagnostic, DiagnosticSeverity, languages, Range, Uri, workspace } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { LogLine } from '../../protocol/shapes/log.ts';
import { findPlace, type Place } from '../crash/locate.ts';
import type { DeployMemory } from '../deploy/memory.ts';
import type { Models } from '../model/models.ts';
import { redact } from '../redact.ts';
import { logProblemPattern } from '../settings.ts';
import { withoutControls } from './logText.ts';
import { problemPattern } from './problemPattern.ts';

/** Different problems of one deployment that are shown; the oldest go. */
const most = 50;

interface Found {
  readonly uri: Uri;
  readonly diagnostic: Diagnostic;
}

/**
 * Shows lines that fit the person's own pattern among the editor's problems: at the place of the workspace that the line
 * names, or at the Dockerfile that the deployment is built from. Only lines that somebody follows are looked at.
 */
export class LogProblems implements Disposable {
  readonly #models: Pick<Models, 'get'>;
  readonly #memory: Pick<DeployMemory, 'dockerfileOf'>;
  readonly #log: Log;
  readonly #held = new DisposableStore();
  readonly #collection = this.#held.add(languages.createDiagnosticCollection('patr-logs'));
  /** By deployment and text, oldest first; undefined while its place is looked for. */
  readonly #found = new Map<string, Map<string, Found | undefined>>();
  #isProblem = problemPattern(logProblemPattern());

  constructor(models: Pick<Models, 'get'>, memory: Pick<DeployMemory, 'dockerfileOf'>, log: Log) {
    this.#models = models;
    this.#memory = memory;
    this.#log = log;
    this.#held.add(
      workspace.onDidChangeConfiguration((change) => {
        if (!change.affectsConfiguration('patr.logs.problemPattern')) return;
        this.#isProblem = problemPattern(logProblemPattern());
        this.#found.clear();
        this.#draw();
      }),
    );
  }

  /** Whether there is a pattern that lines can fit. */
  looks(): boolean {
    return this.#isProblem !== undefined;
  }

  /** Lines that somebody follows, as they come. */
  look(deploymentId: string, lines: readonly LogLine[]): void {
    const isProblem = this.#isProblem;
    if (isProblem === undefined) return;
    for (const { log } of lines) {
      const text = redact(withoutControls(log));
      if (isProblem(text)) void this.#add(deploymentId, text);
    }
  }

  dispose(): void {
    this.#held.dispose();
  }

  async #add(deploymentId: string, text: string): Promise<void> {
    const own = this.#found.get(deploymentId) ?? new Map<string, Found | undefined>();
    if (own.has(text)) return;
    this.#found.set(deploymentId, own.set(text, undefined));
    for (const oldest of own.keys()) {
      if (own.size <= most) break;
      own.delete(oldest);
    }
    try {
      const place = await this.#placeOf(deploymentId, text);
      // It may have been pushed out, or the pattern changed, while the file was looked for.
      if (place === undefined || !own.has(text) || this.#held.disposed) return;
      own.set(text, { uri: place.uri, diagnostic: this.#diagnostic(deploymentId, text, place) });
      this.#draw();
    } catch (error) {
      this.#log.warn('A line could not be shown as a problem', { error: describeError(error) });
    }
  }

  async #placeOf(deploymentId: string, text: string): Promise<Place | undefined> {
    const place = await findPlace(text);
    const dockerfile = this.#memory.dockerfileOf(deploymentId);
    if (place !== undefined || dockerfile === undefined) return place;
    return { uri: Uri.parse(dockerfile), line: 0, column: 0 };
  }

  #diagnostic(deploymentId: string, text: string, { line, column = 0 }: Place): Diagnostic {
    const name = this.#models.get(deploymentId)?.name ?? 'A deployment';
    const range = new Range(line, column, line, column + 1000);
    const diagnostic = new Diagnostic(range, `${name}: ${text.trim()}`, DiagnosticSeverity.Warning);
    diagnostic.source = 'Patr';
    return diagnostic;
  }

  #draw(): void {
    const byFile = new Map<string, Diagnostic[]>();
    for (const own of this.#found.values())
      for (const found of own.values()) {
        if (found === undefined) continue;
        const file = found.uri.toString();
        byFile.set(file, [...(byFile.get(file) ?? []), found.diagnostic]);
      }
    this.#collection.clear();
    for (const [file, diagnostics] of byFile) this.#collection.set(Uri.parse(file), diagnostics);
  }
}
