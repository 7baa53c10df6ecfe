import { workspace, type TextDocument } from 'vscode';
import type { Disposable } from '../../base/disposable.ts';

/** Tells of documents that are gone. The editor tells the same of one that only gets another language. */
export function onClosed(listener: (document: TextDocument) => void): Disposable {
  return workspace.onDidCloseTextDocument((document) => {
    if (document.isClosed) listener(document);
  });
}
