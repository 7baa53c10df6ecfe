import type {
  Choices,
  CreateSubject,
  Named,
  ServerFacts,
  Submission,
} from '../../src/protocol/panelCreate.ts';
import type { Draft } from './draft.ts';
import type { Problems } from './problems.ts';

/** What is shown, all of it: a rendering of the form follows from this alone. */
export interface View {
  readonly subject: CreateSubject;
  readonly draft: Draft;
  /** Undefined until the host has answered for the first time. */
  readonly server: ServerFacts | undefined;
  readonly submission: Submission;
  /** Problems that are said by now. */
  readonly problems: Problems;
  /** Whether it is known what the form arrives with. */
  readonly begun: boolean;
  /** Tags of the chosen repository, newest first. */
  readonly tags: readonly string[];
  /** Something that is done on the spot, by the field that it belongs to, and what it was refused with. */
  readonly asides: ReadonlyMap<string, Aside>;
  readonly actions: Actions;
}

export type Aside =
  | { readonly kind: 'open'; readonly text: string; readonly problem?: string }
  | { readonly kind: 'busy'; readonly text: string };

/** What a person can do. Everything that changes the draft goes through `change`. */
export interface Actions {
  /** Changes the draft; the fields named were changed by the person. */
  change(changes: Partial<Draft>, ...fields: readonly string[]): void;
  /** The same, for what is made of the draft as it will be then: rows that were not drawn anew hold an older one. */
  edit(make: (draft: Draft) => Partial<Draft>, ...fields: readonly string[]): void;
  submit(): void;
  goTo(field: string): void;
  startRegion(): void;
  look(): void;
  /** Opens, changes and closes what is done on the spot at a field. */
  aside(field: string, text: string | undefined): void;
  createRepository(name: string): void;
  createSecret(key: number, name: string): void;
  addVariables(key: number | undefined, text: string): void;
  addFiles(files: Iterable<File>): void;
}

export function choicesOf({ server }: View): Choices | undefined {
  return server?.kind === 'ready' ? server.choices : undefined;
}

/** Options of a dropdown, led by one that asks to choose while nothing is chosen. */
export function optionsOf(named: readonly Named[], chosen: string, unchosen: string) {
  const options = named.map(({ id, name }) => ({ value: id, label: name }));
  if (options.some(({ value }) => value === chosen)) return options;
  return [{ value: chosen, label: chosen === '' ? unchosen : 'No longer there' }, ...options];
}
