import { isAbort } from '../../../src/base/abort.ts';
import { describeError } from '../../../src/base/log.ts';
import type { Choices, Named } from '../../../src/protocol/panelCreate.ts';
import { isProblem } from '../../../src/protocol/problems.ts';
import { addFiles } from './addFiles.ts';
import { addVariables } from './addVariables.ts';
import type { Draft } from './draft.ts';
import { typedAt, type Aside, type FieldActions } from './view.ts';

export interface OnTheSpotParts {
  readonly draft: () => Draft;
  readonly edit: (make: (draft: Draft) => Partial<Draft>, fields: readonly string[]) => void;
  readonly createSecret: (wanted: { readonly name: string; readonly value: string }) => Promise<Named>;
  /** What was made can be chosen from now on. */
  readonly know: (change: (choices: Choices) => Choices) => void;
  readonly goTo: (field: string) => void;
  /** Something that is shown has changed. */
  readonly onChange: () => void;
}

type SpotActions = Pick<FieldActions, 'aside' | 'createSecret' | 'addVariables' | 'addFiles'>;

/** What is made or put in while fields are filled in, without leaving them. */
export class OnTheSpot {
  readonly #parts: OnTheSpotParts;
  readonly #asides = new Map<string, Aside>();

  constructor(parts: OnTheSpotParts) {
    this.#parts = parts;
  }

  get asides(): ReadonlyMap<string, Aside> {
    return this.#asides;
  }

  readonly actions: SpotActions = {
    aside: (field, text) => this.#aside(field, text === undefined ? undefined : { kind: 'open', text }),
    createSecret: (key, name) => void this.#createSecret(key, name),
    addVariables: (key, text) => this.#addVariables(key, text),
    addFiles: (files) => void this.#addFiles(files),
  };

  /** Makes something while the form is filled in; where it is refused, that is said where it was asked for. */
  async make<T>(field: string, text: string, make: () => Promise<T>): Promise<T | undefined> {
    this.#aside(field, { kind: 'busy', text });
    try {
      const made = await make();
      this.#aside(field, undefined);
      return made;
    } catch (error) {
      if (isAbort(error)) return undefined;
      const [told] = isProblem(error) ? error.fields : [];
      const problem = told?.message ?? `cannot be used: ${describeError(error).replace(/\.$/, '')}`;
      this.#aside(field, { kind: 'open', text, problem });
      this.#parts.goTo(field);
      return undefined;
    }
  }

  #aside(field: string, aside: Aside | undefined): void {
    if (aside === undefined) this.#asides.delete(field);
    else this.#asides.set(field, aside);
    this.#parts.onChange();
  }

  async #createSecret(key: number, name: string): Promise<void> {
    const { draft, edit, know, goTo, createSecret } = this.#parts;
    const row = draft().environment.find((one) => one.key === key);
    if (row === undefined) return;
    // A variable that has a raw value makes it the secret's; for others it is typed.
    const value = row.secret === undefined ? row.value : (this.#asides.get(typedAt(key))?.text ?? '');
    const made = await this.make(`secret-${key}`, name, () => createSecret({ name, value }));
    if (made === undefined) return;
    this.#aside(typedAt(key), undefined);
    know(({ secrets = [], ...rest }) => ({ ...rest, secrets: [...secrets, made] }));
    edit(
      ({ environment }) => ({
        environment: environment.map((one) =>
          one.key === key ? { ...one, value: '', secret: made.id } : one,
        ),
      }),
      [],
    );
    goTo(`value-${key}`);
  }

  #addVariables(key: number | undefined, text: string): void {
    const { environment, problem, last } = addVariables(this.#parts.draft().environment, key, text);
    if (problem !== undefined) return this.#aside('env-text', { kind: 'open', text, problem });
    this.#aside('env-text', undefined);
    this.#parts.edit(() => ({ environment }), []);
    if (last !== undefined) this.#parts.goTo(`value-${last}`);
  }

  async #addFiles(files: Iterable<File>): Promise<void> {
    const { added, problem } = await addFiles(files, this.#parts.draft().mounts);
    this.#aside('files', problem === undefined ? undefined : { kind: 'open', text: '', problem });
    this.#parts.edit(({ mounts }) => ({ mounts: added(mounts) }), []);
  }
}
