import {
  CodeAction,
  CodeActionKind,
  Diagnostic,
  DiagnosticSeverity,
  languages,
  Range,
  Selection,
  TextDocumentSaveReason,
  window,
  workspace,
  type CodeActionProvider,
  type DiagnosticCollection,
  type TextDocument,
  type Uri,
} from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Prompts } from '../prompts.ts';
import { credentialsIn, syntaxProblems, type FoundCredential, type Span } from './checkText.ts';
import { configScheme } from './configAddress.ts';
import { fileOf } from './configFileSystem.ts';
import { NotSaved } from './configStore.ts';
import { onClosed } from './onClosed.ts';

const source = 'Patr';
const syntaxCode = 'syntax';
const credentialCode = 'credential';

const shipAnyway = 'Ship anyway';
const goToIt = 'Go to it';

/** What is wrong in config mounts, on the line; and the question before something broken is sent. */
export class ConfigChecks implements CodeActionProvider, Disposable {
  readonly #prompts: Prompts;
  readonly #held = new DisposableStore();
  readonly #diagnostics: DiagnosticCollection;
  /** What was found in documents, by their address and the version of the text. */
  readonly #found = new Map<string, readonly FoundCredential[]>();
  /** Texts that a person has decided to send as they are, by address: they are not asked again for the same. */
  readonly #decided = new Map<string, string>();
  /** Files of saves that nobody asked for and that have begun, by address. */
  readonly #byItself = new Set<string>();
  /** Config mounts whose save by itself was refused: they are saved as soon as they are right. */
  readonly #waiting = new Set<string>();

  constructor(prompts: Prompts) {
    this.#prompts = prompts;
    this.#diagnostics = this.#held.add(languages.createDiagnosticCollection('patr.config'));
    const kinds = { providedCodeActionKinds: [CodeActionKind.QuickFix] };
    this.#held.add(languages.registerCodeActionsProvider({ scheme: configScheme }, this, kinds));
    this.#held.add(workspace.onDidOpenTextDocument((document) => void this.#look(document)));
    this.#held.add(
      workspace.onWillSaveTextDocument(({ document: { uri }, reason }) => {
        if (reason === TextDocumentSaveReason.Manual) this.#byItself.delete(uri.toString());
        else this.#byItself.add(uri.toString());
      }),
    );
    this.#held.add(
      // What was said of a text follows what is typed; what comes from elsewhere is looked at as a whole.
      workspace.onDidChangeTextDocument(({ document }) => {
        const said = (this.#diagnostics.get(document.uri)?.length ?? 0) > 0;
        if (said || !document.isDirty) void this.#look(document);
      }),
    );
    this.#held.add(onClosed(({ uri }) => this.#forget(uri)));
    for (const document of workspace.textDocuments) void this.#look(document);
  }

  /**
   * Asks before a broken text is sent. `origin`: the file that it comes from. Where the editor saves by itself nobody
   * is asked in the middle of a word: it is not sent. @throws NotSaved when it shall not be
   */
  async check(uri: Uri, content: Uint8Array, origin: Uri = uri): Promise<void> {
    const file = fileOf(uri);
    const text = textOf(content);
    if (file === undefined || text === undefined) return;
    const key = uri.toString();
    const byItself = this.#byItself.delete(origin.toString());
    const [first] = await syntaxProblems(file.name, text);
    const decided = first !== undefined && this.#decided.get(key) === text;
    if (first !== undefined && byItself && !decided) this.#waiting.add(key);
    const document = documentOf(uri);
    if (document !== undefined) await this.#look(document);
    if (first === undefined) return this.#right(key);
    if (decided) return;
    const line = text.slice(0, first.start).split('\n').length;
    if (byItself) throw new NotSaved('unfinished', unfinishedWords(file.name, line, first.message));
    const says = `${file.name} has an error on line ${line}: ${first.message} Instances would get it as it is.`;
    const answer = await this.#prompts.message('error', says, [shipAnyway, goToIt]);
    if (answer === shipAnyway) return void this.#decided.set(key, text);
    if (answer === goToIt) await show(await workspace.openTextDocument(origin), first);
    throw new NotSaved('refused', `${file.name} was not sent: line ${line}: ${first.message}`);
  }

  provideCodeActions(document: TextDocument, range: Range): CodeAction[] {
    return (this.#found.get(document.uri.toString()) ?? []).flatMap((one) => {
      const at = rangeOf(document, one);
      if (at.intersection(range) === undefined) return [];
      const action = new CodeAction('Make it a secret', CodeActionKind.QuickFix);
      action.diagnostics = (this.#diagnostics.get(document.uri) ?? []).filter(
        ({ code, range: where }) => code === credentialCode && where.isEqual(at),
      );
      action.command = {
        command: 'patr.configMount.makeSecret',
        title: 'Make it a secret',
        arguments: [document.uri, { name: one.name, start: one.start, end: one.end }],
      };
      return [action];
    });
  }

  dispose(): void {
    this.#held.dispose();
  }

  #right(key: string): void {
    this.#decided.delete(key);
    this.#waiting.delete(key);
  }

  async #look(document: TextDocument): Promise<void> {
    const { uri, version } = document;
    const file = uri.scheme === configScheme ? fileOf(uri) : undefined;
    if (file === undefined || file.version !== undefined) return;
    const text = document.getText();
    const problems = await syntaxProblems(file.name, text);
    // Something was typed meanwhile, and is looked at by itself.
    if (document.version !== version || document.isClosed) return;
    const found = credentialsIn(text);
    this.#found.set(uri.toString(), found);
    this.#diagnostics.set(uri, [
      ...problems.map((one) => diagnostic(document, one, one.message, DiagnosticSeverity.Error, syntaxCode)),
      ...found.map((one) =>
        diagnostic(document, one, credentialWords(one), DiagnosticSeverity.Warning, credentialCode),
      ),
    ]);
    // The editor saves nothing more by itself after a save that failed; it says itself why one fails. Nobody waits for
    // it here: it may have to wait for the save that is being checked.
    if (problems.length === 0 && this.#waiting.delete(uri.toString()) && document.isDirty)
      void document.save().then(undefined, () => undefined);
  }

  #forget(uri: Uri): void {
    this.#byItself.delete(uri.toString());
    if (uri.scheme !== configScheme) return;
    this.#diagnostics.delete(uri);
    this.#found.delete(uri.toString());
    this.#right(uri.toString());
  }
}

function unfinishedWords(name: string, line: number, error: string): string {
  return `${name} was not sent: line ${line}: ${error} It is sent as soon as it is right. Save it yourself to send it as it is.`;
}

function credentialWords({ name }: FoundCredential): string {
  const what = name === '' ? 'This' : name;
  return `${what} looks like a password or a key. Config mounts are stored in plain text: make it a secret, and read it from an environment variable.`;
}

function diagnostic(
  document: TextDocument,
  span: Span,
  message: string,
  severity: DiagnosticSeverity,
  code: string,
): Diagnostic {
  const made = new Diagnostic(rangeOf(document, span), message, severity);
  made.source = source;
  made.code = code;
  return made;
}

function rangeOf(document: TextDocument, { start, end }: Span): Range {
  return new Range(document.positionAt(start), document.positionAt(Math.max(end, start + 1)));
}

async function show(document: TextDocument, span: Span): Promise<void> {
  const editor = await window.showTextDocument(document);
  const at = rangeOf(document, span);
  editor.selection = new Selection(at.start, at.start);
  editor.revealRange(at);
}

function documentOf(uri: Uri): TextDocument | undefined {
  return workspace.textDocuments.find((one) => one.uri.toString() === uri.toString());
}

/** Undefined for what is no text. */
function textOf(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
