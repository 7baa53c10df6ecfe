import {
  Diagnostic,
  DiagnosticSeverity,
  languages,
  Range,
  workspace,
  type DiagnosticCollection,
  type Uri,
} from 'vscode';
import { isBuildFailure } from '../../docker/engine.ts';

/** Marks the line of a Dockerfile at which its build failed, until the next build of it. */
export class BuildDiagnostics {
  readonly #collection: DiagnosticCollection;

  constructor() {
    this.#collection = languages.createDiagnosticCollection('patr');
  }

  clear(dockerfile: Uri): void {
    this.#collection.delete(dockerfile);
  }

  async show(dockerfile: Uri, error: unknown): Promise<void> {
    if (!isBuildFailure(error)) return;
    const document = await workspace.openTextDocument(dockerfile);
    const line = Math.min(Math.max(0, (error.line ?? 1) - 1), Math.max(0, document.lineCount - 1));
    const { text, firstNonWhitespaceCharacterIndex } = document.lineAt(line);
    const range = new Range(line, firstNonWhitespaceCharacterIndex, line, text.length);
    const words = error.output.filter((one) => one.trim() !== '').slice(-6);
    const message = [error.message, ...words].join('\n');
    const diagnostic = new Diagnostic(range, message, DiagnosticSeverity.Error);
    diagnostic.source = 'Patr build';
    this.#collection.set(dockerfile, [diagnostic]);
  }

  dispose(): void {
    this.#collection.dispose();
  }
}
