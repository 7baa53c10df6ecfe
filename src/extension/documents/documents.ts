import { EventEmitter, Uri, window, workspace, type TextDocumentContentProvider } from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { describeError } from '../../base/log.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import {
  documentScheme,
  documentAddress,
  parseDocumentAddress,
  type DocumentKind,
  type DocumentSubject,
} from './documentAddress.ts';
import { readEventsText } from './eventsText.ts';
import { readReleaseText } from './releaseText.ts';
import { readUsageText } from './usageText.ts';

type Read = (model: DeploymentsModel, subject: DocumentSubject) => Promise<string>;

const readers: Readonly<Record<DocumentKind, Read>> = {
  events: readEventsText,
  release: readReleaseText,
  usage: readUsageText,
};

/** Read-only documents about deployments and the registry, which follow what they are about while they are open. */
export class Documents implements TextDocumentContentProvider, Disposable {
  readonly #models: Models;
  readonly #held = new DisposableStore();
  readonly #changed: EventEmitter<Uri>;
  readonly onDidChange;

  constructor(models: Models) {
    this.#models = models;
    this.#changed = this.#held.add(new EventEmitter<Uri>());
    this.onDidChange = this.#changed.event;
    this.#held.add(workspace.registerTextDocumentContentProvider(documentScheme, this));
    this.#held.add(
      models.onChange((change) => {
        const connection = change.model.connection.id;
        const about = (id: string): boolean => change.kind === 'all' || change.id === id;
        this.renew((subject) => subject.connection === connection && about(subject.id));
      }),
    );
  }

  async show(subject: DocumentSubject): Promise<void> {
    const document = await workspace.openTextDocument(Uri.from(documentAddress(subject)));
    await window.showTextDocument(document, { preview: true });
  }

  /** Reads what is open and fits anew. */
  renew(fits: (subject: DocumentSubject) => boolean): void {
    for (const { uri } of workspace.textDocuments) {
      const subject = parseDocumentAddress(uri);
      if (subject !== undefined && fits(subject)) this.#changed.fire(uri);
    }
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const subject = parseDocumentAddress(uri);
    if (subject === undefined) return 'There is no such document.\n';
    try {
      const model = this.#models.by(subject.connection);
      if (model === undefined) throw new Error('its server is not connected any more.');
      return await readers[subject.kind](model, subject);
    } catch (error) {
      return `This could not be read: ${describeError(error)}\n`;
    }
  }

  dispose(): void {
    this.#held.dispose();
  }
}
