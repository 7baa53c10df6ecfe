import type { Choices, Named, ServerFacts } from '../../../src/protocol/panelCreate.ts';
import type { Draft } from './draft.ts';
import type { Problems } from './problems.ts';

/** What the fields of a deployment are drawn from, on whichever page they stand. */
export interface FieldsView {
  readonly draft: Draft;
  /** Undefined until the host has answered for the first time. */
  readonly server: ServerFacts | undefined;
  /** Problems that are said by now. */
  readonly problems: Problems;
  /** Something that is done on the spot, by the field that it belongs to, and what it was refused with. */
  readonly asides: ReadonlyMap<string, Aside>;
  readonly actions: FieldActions;
}

export type Aside =
  | { readonly kind: 'open'; readonly text: string; readonly problem?: string }
  | { readonly kind: 'busy'; readonly text: string };

/** What a person can do with fields. Everything that changes the draft goes through `change` or `edit`. */
export interface FieldActions {
  /** Changes the draft; the fields named were changed by the person. */
  change(changes: Partial<Draft>, ...fields: readonly string[]): void;
  /** The same, for what is made of the draft as it will be then: rows that were not drawn anew hold an older one. */
  edit(make: (draft: Draft) => Partial<Draft>, ...fields: readonly string[]): void;
  goTo(field: string): void;
  /** Opens, changes and closes what is done on the spot at a field. */
  aside(field: string, text: string | undefined): void;
  createSecret(key: number, name: string): void;
  addVariables(key: number | undefined, text: string): void;
  addFiles(files: Iterable<File>): void;
}

/** Where the value of a secret is typed that a variable shall have. */
export function typedAt(key: number): string {
  return `secret-value-${key}`;
}

export function choicesOf({ server }: Pick<FieldsView, 'server'>): Choices | undefined {
  return server?.kind === 'ready' ? server.choices : undefined;
}

/** Options of a dropdown, led by one that asks to choose while nothing is chosen. */
export function optionsOf(named: readonly Named[], chosen: string, unchosen: string) {
  const options = named.map(({ id, name }) => ({ value: id, label: name }));
  if (options.some(({ value }) => value === chosen)) return options;
  return [{ value: chosen, label: chosen === '' ? unchosen : 'No longer there' }, ...options];
}
