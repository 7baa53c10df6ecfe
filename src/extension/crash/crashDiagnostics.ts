import {
  Diagnostic,
  DiagnosticSeverity,
  languages,
  Range,
  Uri,
  workspace,
  type DiagnosticCollection,
} from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { Reason } from '../../protocol/shapes/deployment.ts';
import type { DeployMemory } from '../deploy/memory.ts';
import type { Models } from '../model/models.ts';
import { redact } from '../redact.ts';
import { locate, type Place } from './locate.ts';
import { headlineIn } from './stackTrace.ts';

/** What is marked for a deployment, and for which reason. */
interface Marked {
  readonly reason: string;
  readonly place: Place | undefined;
  readonly diagnostic?: Diagnostic;
}

/** Marks the line that the stack trace of a deployment of this workspace names, until the deployment is well again. */
export class CrashDiagnostics implements Disposable {
  readonly #models: Pick<Models, 'get' | 'onChange'>;
  readonly #memory: DeployMemory;
  readonly #log: Log;
  readonly #held = new DisposableStore();
  readonly #collection: DiagnosticCollection;
  readonly #marked = new Map<string, Marked>();

  constructor(models: Pick<Models, 'get' | 'onChange'>, memory: DeployMemory, log: Log) {
    this.#models = models;
    this.#memory = memory;
    this.#log = log;
    this.#collection = this.#held.add(languages.createDiagnosticCollection('patr-crash'));
    this.#held.add(models.onChange(() => this.#update()));
    this.#held.add(memory.onChange(() => this.#update()));
    this.#update();
  }

  /** The line that is marked for a deployment. */
  placeOf(deploymentId: string): Place | undefined {
    return this.#marked.get(deploymentId)?.place;
  }

  dispose(): void {
    this.#held.dispose();
  }

  #update(): void {
    const own = new Set(this.#memory.deploymentIds());
    for (const id of this.#marked.keys()) if (!own.has(id)) this.#unmark(id);
    for (const id of own) {
      const reason = this.#models.get(id)?.reason;
      if (reason?.lines === undefined) this.#unmark(id);
      else if (this.#marked.get(id)?.reason !== keyOf(reason)) void this.#mark(id, reason);
    }
  }

  #unmark(deploymentId: string): void {
    if (this.#marked.delete(deploymentId)) this.#draw();
  }

  async #mark(deploymentId: string, reason: Reason): Promise<void> {
    const key = keyOf(reason);
    this.#marked.set(deploymentId, { reason: key, place: undefined });
    try {
      const dockerfile = this.#memory.dockerfileOf(deploymentId);
      const place = dockerfile === undefined ? undefined : await locate(reason, Uri.parse(dockerfile));
      const name = this.#models.get(deploymentId)?.name ?? '';
      const diagnostic = place === undefined ? undefined : await diagnosticAt(place, name, reason);
      // It may have become well, or ill in another way, while the files were looked for.
      if (this.#marked.get(deploymentId)?.reason !== key || this.#held.disposed) return;
      this.#marked.set(deploymentId, { reason: key, place, ...(diagnostic && { diagnostic }) });
      this.#draw();
    } catch (error) {
      this.#log.warn('A crash could not be marked', { error: describeError(error) });
    }
  }

  #draw(): void {
    const byFile = new Map<string, Diagnostic[]>();
    for (const { place, diagnostic } of this.#marked.values()) {
      if (place === undefined || diagnostic === undefined) continue;
      const file = place.uri.toString();
      byFile.set(file, [...(byFile.get(file) ?? []), diagnostic]);
    }
    this.#collection.clear();
    for (const [file, diagnostics] of byFile) this.#collection.set(Uri.parse(file), diagnostics);
  }
}

function keyOf({ code, message, lines = [] }: Reason): string {
  return JSON.stringify([code, message, lines]);
}

async function diagnosticAt(place: Place, name: string, reason: Reason): Promise<Diagnostic> {
  const document = await workspace.openTextDocument(place.uri);
  const line = document.lineAt(Math.min(place.line, Math.max(0, document.lineCount - 1)));
  const from = Math.min(place.column ?? line.firstNonWhitespaceCharacterIndex, line.text.length);
  const what = headlineIn(reason.lines ?? []);
  const message = [...(what === undefined ? [] : [what]), `${name}: ${reason.message}`].join('\n');
  const range = new Range(line.lineNumber, from, line.lineNumber, line.text.length);
  const diagnostic = new Diagnostic(range, redact(message), DiagnosticSeverity.Error);
  diagnostic.source = 'Patr';
  diagnostic.code = reason.code;
  return diagnostic;
}
