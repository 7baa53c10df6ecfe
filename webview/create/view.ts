import type { CreateSubject, Submission } from '../../src/protocol/panelCreate.ts';
import type { Section } from '../shared/fields/problems.ts';
import type { FieldActions, FieldsView } from '../shared/fields/view.ts';

/** What is shown, all of it: a rendering of the form follows from this alone. */
export interface View extends FieldsView {
  readonly subject: CreateSubject;
  readonly submission: Submission;
  /** Whether it is known what the form arrives with. */
  readonly begun: boolean;
  /** Whether more is drawn than what is seen first. */
  readonly whole: boolean;
  /** Tags of the chosen repository, newest first. */
  readonly tags: readonly string[];
  /** Where the person is. */
  readonly current: Section;
  readonly actions: Actions;
}

/** What a person can do. */
export interface Actions extends FieldActions {
  submit(): void;
  help(): void;
  look(): void;
  /** Of a copy: saves what its original has in its volumes. */
  saveVolumeData(): void;
  createRepository(name: string): void;
}
