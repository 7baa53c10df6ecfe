import { render } from 'lit-html';
import { isAbort } from '../../src/base/abort.ts';
import { describeError } from '../../src/base/log.ts';
import type { Answered } from '../../src/protocol/panel.ts';
import type { PanelCaller } from '../../src/protocol/panelCaller.ts';
import type { Choices, CreateContract, CreateSubject } from '../../src/protocol/panelCreate.ts';
import { isProblem } from '../../src/protocol/problems.ts';
import { emptyDraft, notRefused, type Draft } from '../shared/fields/draft.ts';
import { page } from './page.ts';
import { currentSection } from './currentSection.ts';
import {
  placed,
  problemsOf,
  shownProblems,
  wholeForm,
  type Problems,
  type Section,
} from '../shared/fields/problems.ts';
import { OnTheSpot } from '../shared/fields/onTheSpot.ts';
import { firstPicture } from '../shared/firstPicture.ts';
import { firstOnPage, focusOn } from '../shared/focus.ts';
import type { Actions, View } from './view.ts';
import { wishOf } from '../shared/fields/wish.ts';

type Host = Pick<PanelCaller<CreateContract>, 'call' | 'onNews'>;
type Looked = Answered<CreateContract, 'look'>;

export interface FormOptions {
  readonly root: HTMLElement;
  readonly host: Host;
  readonly subject: CreateSubject;
  /** What an earlier page of this panel was left with. */
  readonly kept: Draft | undefined;
  readonly keep: (draft: Draft) => void;
}

/** The form of one panel: what was typed, what the host tells, and the drawing of both. */
export class Form {
  readonly #options: FormOptions;
  readonly #spot: OnTheSpot;
  #draft: Draft;
  /** Undefined: nothing has come of the question what the form shall arrive with. */
  #begun: boolean;
  #looked: Partial<Looked> = {};
  #tags: readonly string[] = [];
  #image = new AbortController();
  /** What the suggestions are of, so that they are asked for once. */
  #imageLookedAt = '';
  #drawing = false;
  /** False until the first picture is there, which has what is seen first. */
  #whole = false;
  #current: Section = 'details';
  #goTo: string | undefined;

  constructor(options: FormOptions) {
    this.#options = options;
    this.#begun = options.kept !== undefined;
    this.#draft = options.kept ?? emptyDraft(options.subject, noPrefill);
    this.#spot = new OnTheSpot({
      draft: () => this.#draft,
      edit: (make, fields) => this.#edit(make, fields),
      createSecret: (wanted) => options.host.call('createSecret', wanted),
      know: (change) => this.#know(change),
      goTo: (field) => this.#actions.goTo(field),
      onChange: () => this.#later(),
    });
    options.host.onNews(() => void this.#look());
    document.addEventListener('focusin', () => this.#follow());
    window.addEventListener('scroll', () => this.#follow(), { passive: true });
  }

  /** The rail says where one is. */
  #follow(): void {
    const current = currentSection();
    if (current === this.#current) return;
    this.#current = current;
    this.#later();
  }

  /** Draws at once what is seen first, then all of it, and again with what the host knows. */
  async begin(): Promise<void> {
    this.#draw();
    const prefill = this.#begun ? undefined : this.#prefill();
    await Promise.all([this.#drawWhole(), prefill, this.#look()]);
  }

  async #drawWhole(): Promise<void> {
    await firstPicture();
    this.#whole = true;
    this.#later();
  }

  async #prefill(): Promise<void> {
    const { host, subject } = this.#options;
    try {
      this.#set(emptyDraft(subject, await host.call('prefill', null)));
    } catch (error) {
      // The form is of use without it; why it is not filled in is said.
      if (isAbort(error)) return;
      this.#set({ ...this.#draft, refused: { ...notRefused, message: describeError(error) } });
    }
    this.#begun = true;
    // What does not come along is read before anything is filled in.
    this.#goTo = this.#draft.notes.length > 0 ? 'copy-notes' : 'name';
    this.#usual();
    this.#lookAtImage();
    this.#later();
  }

  async #look(): Promise<void> {
    try {
      this.#looked = await this.#options.host.call('look', null);
    } catch (error) {
      if (isAbort(error)) return;
      this.#looked = { server: { kind: 'away', message: describeError(error) } };
    }
    this.#usual();
    const { submission } = this.#looked;
    if (submission?.kind === 'refused') this.#refuse(submission.message, submission.fields);
    this.#lookAtImage();
    this.#later();
  }

  /** What has not been chosen is what most people choose. */
  #usual(): void {
    const choices = this.#choices();
    if (choices === undefined || !this.#begun) return;
    const { region, machine, registry, repositoryId } = this.#draft;
    const nowhere = registry === 'patr' && repositoryId === '' && choices.repositories === undefined;
    const [first] = choices.regions;
    const [smallest] = choices.machineTypes;
    this.#set({
      ...this.#draft,
      registry: nowhere ? 'dockerHub' : registry,
      region: region === '' ? (first?.id ?? '') : region,
      machine: machine === '' ? (smallest?.id ?? '') : machine,
    });
  }

  #choices(): Choices | undefined {
    const { server } = this.#looked;
    return server?.kind === 'ready' ? server.choices : undefined;
  }

  #set(draft: Draft): void {
    this.#draft = draft;
    this.#options.keep(draft);
    this.#later();
  }

  /** One drawing for everything that happens in one go. */
  #later(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const problems = problemsOf(this.#draft, this.#choices());
    const view: View = {
      subject: this.#options.subject,
      draft: this.#draft,
      server: this.#looked.server,
      submission: this.#looked.submission ?? { kind: 'none' },
      problems: shownProblems(problems, this.#draft),
      begun: this.#begun,
      whole: this.#whole,
      tags: this.#tags,
      asides: this.#spot.asides,
      current: this.#current,
      actions: this.#actions,
    };
    render(page(view), this.#options.root);
    if (this.#goTo === undefined || !this.#whole) return;
    focusOn(this.#goTo);
    this.#goTo = undefined;
  }

  readonly #actions: Actions = {
    aside: (...args) => this.#spot.actions.aside(...args),
    createSecret: (...args) => this.#spot.actions.createSecret(...args),
    addVariables: (...args) => this.#spot.actions.addVariables(...args),
    addFiles: (...args) => this.#spot.actions.addFiles(...args),
    change: (changes, ...fields) => this.#edit(() => changes, fields),
    edit: (make, ...fields) => this.#edit(make, fields),
    submit: () => void this.#submit(),
    goTo: (field) => {
      this.#goTo = field;
      this.#later();
    },
    help: () => void this.#help(),
    look: () => void this.#look(),
    saveVolumeData: () => void this.#saveVolumeData(),
    createRepository: (name) => void this.#createRepository(name),
  };

  #edit(make: (draft: Draft) => Partial<Draft>, fields: readonly string[]): void {
    const before = this.#draft;
    const touched = new Set([...before.touched, ...fields]);
    const changed = { ...before, ...make(before) };
    // What the server said of a field is not true of another value.
    const kept = Object.entries(before.refused.fields).filter(([field]) => !fields.includes(field));
    const refused = kept.length === 0 ? notRefused : { ...before.refused, fields: Object.fromEntries(kept) };
    this.#set({ ...changed, touched: Array.from(touched), refused });
    const moved = (['registry', 'repositoryId', 'tag'] as const).some(
      (name) => changed[name] !== before[name],
    );
    if (moved) this.#lookAtImage();
  }

  /** Suggestions from the registry. Without them everything can still be typed, so their failure is no news. */
  #lookAtImage(): void {
    const { registry, repositoryId, tag, touched } = this.#draft;
    const image = JSON.stringify([registry, repositoryId, tag.trim(), this.#choices() !== undefined]);
    if (image === this.#imageLookedAt) return;
    this.#imageLookedAt = image;
    this.#image.abort();
    this.#tags = [];
    if (registry !== 'patr' || repositoryId === '' || this.#choices() === undefined) return;
    this.#image = new AbortController();
    const { signal } = this.#image;
    const { host } = this.#options;
    host.call('listTags', { repositoryId }, { signal }).then(
      (tags) => {
        this.#tags = tags;
        this.#later();
      },
      () => undefined,
    );
    if (
      touched.includes('ports') ||
      tag.trim() === '' ||
      ['duplicate', 'copy'].includes(this.#options.subject.kind)
    )
      return;
    host.call('exposedPorts', { repositoryId, tag: tag.trim() }, { signal }).then(
      (ports) => {
        const rows = Object.entries(ports).map(([port, type], key) => ({ key, port, type }));
        if (rows.length > 0) this.#set({ ...this.#draft, ports: rows });
      },
      () => undefined,
    );
  }

  async #submit(): Promise<void> {
    const draft = this.#draft;
    const problems = problemsOf(draft, this.#choices());
    this.#set({ ...draft, submitted: true, refused: notRefused });
    if (problems.size > 0) return this.#goToFirst(problems);
    try {
      this.#looked = { ...this.#looked, submission: { kind: 'running', words: 'Asking the server…' } };
      await this.#options.host.call('submit', wishOf(draft));
      await this.#look();
    } catch (error) {
      if (isAbort(error)) return;
      this.#looked = { ...this.#looked, submission: { kind: 'none' } };
      this.#refuse(describeError(error), isProblem(error) ? error.fields : []);
    }
  }

  #refuse(message: string, fields: Parameters<typeof placed>[0]): void {
    const at = placed(fields, this.#draft);
    this.#set({ ...this.#draft, refused: { message, fields: Object.fromEntries(at) } });
    this.#goToFirst(new Map(at));
  }

  /** To the problem that stands first on the page. */
  #goToFirst(problems: Problems): void {
    const [any = wholeForm] = problems.keys();
    this.#actions.goTo(firstOnPage(problems) ?? any);
  }

  async #help(): Promise<void> {
    try {
      await this.#options.host.call('help', null);
    } catch (error) {
      if (isAbort(error)) return;
    }
    await this.#look();
  }

  /** What comes of it is told by the host. */
  async #saveVolumeData(): Promise<void> {
    try {
      await this.#options.host.call('saveVolumeData', null);
    } catch (error) {
      if (!isAbort(error)) this.#refuse(describeError(error), []);
    }
  }

  async #createRepository(name: string): Promise<void> {
    const made = await this.#spot.make('new-repository', name, () =>
      this.#options.host.call('createRepository', { name }),
    );
    if (made === undefined) return;
    this.#know(({ repositories = [], ...rest }) => ({ ...rest, repositories: [...repositories, made] }));
    this.#edit(() => ({ repositoryId: made.id }), ['repository']);
    this.#actions.goTo('repository');
  }

  #know(change: (choices: Choices) => Choices): void {
    const choices = this.#choices();
    if (choices === undefined) return;
    this.#looked = { ...this.#looked, server: { kind: 'ready', choices: change(choices) } };
  }
}

const noPrefill = {
  ports: {},
  environmentVariables: {},
  configMounts: {},
  newVolumes: [],
  deployOnPush: true,
  minHorizontalScale: 1,
  maxHorizontalScale: 1,
  deployOnCreate: true,
  wantedSecrets: [],
  copiesImage: false,
  notes: [],
};
