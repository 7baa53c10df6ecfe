import { render } from 'lit-html';
import { isAbort } from '../../src/base/abort.ts';
import { describeError } from '../../src/base/log.ts';
import type { PanelCaller } from '../../src/protocol/panelCaller.ts';
import type { Choices } from '../../src/protocol/panelCreate.ts';
import type { ManageContract, Managed, ManageFacts, ManageSubject } from '../../src/protocol/panelManage.ts';
import type { InstanceUsage } from '../../src/protocol/shapes/release.ts';
import type { VolumeData } from '../../src/protocol/shapes/volume.ts';
import { isProblem } from '../../src/protocol/problems.ts';
import { notRefused, type Draft } from '../shared/fields/draft.ts';
import { OnTheSpot } from '../shared/fields/onTheSpot.ts';
import { placed, problemsOf, shownProblems, type Problems } from '../shared/fields/problems.ts';
import type { FieldActions, FieldsView } from '../shared/fields/view.ts';
import { firstOnPage, focusOn } from '../shared/focus.ts';
import { Reading } from '../shared/reading.ts';
import { changesOf, consequencesOfEdit, decide, editOf, rebase } from './edit.ts';
import { listId, Logs } from './logs/logs.ts';
import { loadCharts } from './metrics/load.ts';
import { liveMs, MetricsFollower, slowMs, usualChoice } from './metrics/follow.ts';
import { page } from './page.ts';
import { changeOf } from './settings.ts';
import { tabOfField, type Editing, type PageState } from './state.ts';
import type { Actions, EditView, View } from './view.ts';

export interface ManageOptions {
  readonly root: HTMLElement;
  readonly host: Pick<PanelCaller<ManageContract>, 'call' | 'onNews'>;
  readonly subject: ManageSubject;
  /** What an earlier page of this panel was left with. */
  readonly kept: PageState | undefined;
  readonly keep: (state: PageState) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Times that are told as "3 minutes ago" are drawn anew this often, in milliseconds. */
const drawEveryMs = 10_000;
/** While instances are looked at, what they use is asked for this long after the last answer, in milliseconds. */
const askUsageAfterMs = 5000;

/** The page of one deployment: what the host tells, what was typed, and the drawing of both. */
export class Manage {
  readonly #options: ManageOptions;
  readonly #busy = new Set<string>();
  readonly #spot: OnTheSpot;
  readonly #reading = new Reading(() => this.#read());
  readonly #logs: Logs;
  readonly #metrics: MetricsFollower;
  #state: PageState;
  #facts: ManageFacts | undefined;
  #managed: Managed | undefined;
  #choices: Choices | undefined;
  #choicesDue = true;
  #refusal: string | undefined;
  #usage: Readonly<Record<string, InstanceUsage>> = {};
  #lossKnown = false;
  #volumeData: readonly VolumeData[] | undefined;
  #measuring: AbortController | undefined;
  #drawing = false;
  #goTo: string | undefined;

  constructor(options: ManageOptions) {
    this.#options = options;
    this.#state = options.kept ?? { tab: 'overview' };
    this.#spot = new OnTheSpot({
      draft: () => this.#editing().draft,
      edit: (make, fields) => this.#edit(make, fields),
      createSecret: (wanted) => options.host.call('createSecret', wanted),
      know: (change) => {
        if (this.#choices !== undefined) this.#choices = change(this.#choices);
      },
      goTo: (field) => this.#go(field),
      onChange: () => this.#later(),
    });
    this.#logs = new Logs({
      host: options.host,
      newId: () => crypto.randomUUID(),
      list: () => document.getElementById(listId),
      kept: () => this.#state.logFilter,
      keep: (logFilter) => this.#keep({ logFilter }),
      onChange: () => this.#later(),
    });
    this.#metrics = new MetricsFollower({
      ask: (seconds, signal) => options.host.call('metrics', { seconds }, { signal }),
      onChange: () => this.#later(),
    });
    options.host.onNews((news) =>
      news.kind === 'look' ? void this.#reading.again() : this.#logs.hear(news),
    );
    setInterval(() => this.#later(), drawEveryMs);
  }

  /** Draws at once, and again with what the host knows. */
  async begin(): Promise<void> {
    this.#draw();
    await this.#reading.again();
    void this.#followUsage();
    this.#followMetrics();
  }

  /** A page that is hidden is gone, so somebody looks for as long as this runs. Without figures the rest still holds. */
  async #followUsage(): Promise<void> {
    for (;;) {
      try {
        if (this.#looksAtInstances()) this.#usage = await this.#options.host.call('usage', null);
      } catch (error) {
        if (isAbort(error)) return;
        this.#usage = {};
      }
      this.#later();
      await new Promise((resolve) => setTimeout(resolve, askUsageAfterMs));
    }
  }

  /** Only while they are looked at; the script that draws them comes with the first look. */
  #followMetrics(): void {
    const { tab, metrics = usualChoice } = this.#state;
    if (tab === 'overview') return this.#metrics.follow(usualChoice.seconds, slowMs);
    if (tab !== 'metrics') return this.#metrics.rest();
    loadCharts();
    this.#metrics.follow(metrics.seconds, metrics.seconds <= usualChoice.seconds ? liveMs : slowMs);
  }

  /** Only a region that is there tells how it can be asked; what has begun waits for one that is away. */
  #followLogs(): void {
    if (this.#state.tab === 'logs' && this.#facts?.kind === 'there' && !this.#logs.begun)
      void this.#logs.begin();
  }

  #looksAtInstances(): boolean {
    const instances = this.#facts?.kind === 'there' ? (this.#facts.instances ?? []) : [];
    return this.#state.tab === 'overview' && instances.length > 0;
  }

  /** Reads everything anew. */
  async #read(): Promise<void> {
    try {
      this.#see(await this.#options.host.call('look', null));
      await this.#lookAtChoices();
    } catch (error) {
      if (isAbort(error)) return;
      this.#see({ kind: 'away', message: describeError(error) });
    }
  }

  /** Read when something can be typed for the first time, and whenever a tab is shown. */
  async #lookAtChoices(): Promise<void> {
    const { tab, editing } = this.#state;
    const typing = editing !== undefined || tab === 'configuration' || tab === 'scaling';
    if (!typing || !this.#choicesDue || this.#facts?.kind !== 'there') return;
    this.#choices = await this.#options.host.call('choices', null);
    this.#choicesDue = false;
    this.#later();
  }

  #see(facts: ManageFacts): void {
    this.#facts = facts;
    if (facts.kind === 'there') {
      this.#managed = facts;
      const { editing } = this.#state;
      if (editing !== undefined) this.#put(rebase(editing, facts.deployment));
      this.#followLogs();
    }
    this.#later();
  }

  /** What is typed over the deployment; over how it was last read while nothing is. */
  #editing(): Editing {
    const { editing } = this.#state;
    if (editing !== undefined) return editing;
    if (this.#managed === undefined) throw new Error('Nothing can be typed before the deployment was read.');
    return editOf(this.#managed.deployment);
  }

  /** An edit that changes nothing is none: the form follows the deployment again. */
  #put(editing: Editing): void {
    const { touched, submitted } = editing.draft;
    const none = changesOf(editing).length === 0 && !submitted && touched.length === 0;
    this.#keep({ editing: none ? undefined : editing });
    void this.#measureLoss();
  }

  /** Measuring takes the engine some time, so it is done once for each edit that would delete data. */
  async #measureLoss(): Promise<void> {
    const { editing } = this.#state;
    const loses =
      editing !== undefined && consequencesOfEdit(editing)?.some(({ kind }) => kind === 'dataLoss') === true;
    if (!loses) {
      this.#measuring?.abort();
      this.#measuring = undefined;
      this.#volumeData = undefined;
      return;
    }
    if (this.#measuring !== undefined) return;
    const measuring = new AbortController();
    this.#measuring = measuring;
    const { signal } = measuring;
    try {
      this.#volumeData = await this.#options.host.call('volumeData', null, { signal });
    } catch (error) {
      if (isAbort(error)) return;
      // The loss is said without its size then.
      this.#volumeData = undefined;
    }
    this.#later();
  }

  #edit(make: (draft: Draft) => Partial<Draft>, fields: readonly string[]): void {
    const editing = this.#editing();
    const { draft } = editing;
    const touched = Array.from(new Set([...draft.touched, ...fields]));
    const kept = Object.entries(draft.refused.fields).filter(([field]) => !fields.includes(field));
    // What the server said of a field is not true of another value.
    const refused = kept.length === 0 ? notRefused : { ...draft.refused, fields: Object.fromEntries(kept) };
    this.#lossKnown = false;
    this.#put({ ...editing, draft: { ...draft, ...make(draft), touched, refused } });
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
    const view: View = {
      subject: this.#options.subject,
      state: this.#state,
      managed: this.#managed,
      facts: this.#facts,
      usage: this.#usage,
      volumeData: this.#volumeData,
      logs: this.#logs.view,
      metrics: this.#metrics.view,
      busy: this.#busy,
      refusal: this.#refusal,
      now: this.#options.now() + (this.#managed?.aheadMs ?? 0),
      actions: this.#actions,
    };
    const edit = this.#managed === undefined ? undefined : this.#editView();
    render(page(view, edit), this.#options.root);
    const field = this.#goTo;
    this.#goTo = undefined;
    if (field !== undefined) focusOn(field);
    this.#logs.drawn();
  }

  #editView(): EditView {
    const editing = this.#editing();
    const problems = this.#problems(editing.draft);
    const fields: FieldsView = {
      draft: editing.draft,
      server: this.#choices === undefined ? undefined : { kind: 'ready', choices: this.#choices },
      problems: shownProblems(problems, editing.draft),
      asides: this.#spot.asides,
      actions: this.#fieldActions,
    };
    return {
      editing,
      fields,
      changes: changesOf(editing),
      consequences: consequencesOfEdit(editing),
      lossKnown: this.#lossKnown,
    };
  }

  #problems(draft: Draft): Problems {
    return problemsOf(draft, this.#choices);
  }

  #keep(changes: Partial<PageState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#options.keep(this.#state);
    this.#later();
  }

  #go(field: string): void {
    const tab = tabOfField(field);
    if (tab !== this.#state.tab) {
      this.#logs.end();
      this.#keep({ tab });
    }
    this.#goTo = field;
    this.#later();
  }

  readonly #fieldActions: FieldActions = {
    change: (changes, ...fields) => this.#edit(() => changes, fields),
    edit: (make, ...fields) => this.#edit(make, fields),
    goTo: (field) => this.#go(field),
    aside: (...args) => this.#spot.actions.aside(...args),
    createSecret: (...args) => this.#spot.actions.createSecret(...args),
    addVariables: (...args) => this.#spot.actions.addVariables(...args),
    addFiles: (...args) => this.#spot.actions.addFiles(...args),
  };

  readonly #actions: Actions = {
    show: (tab) => {
      if (tab !== 'logs') this.#logs.end();
      this.#keep({ tab });
      this.#followLogs();
      this.#choicesDue = true;
      this.#followMetrics();
      void this.#reading.again();
    },
    showMetrics: (metrics) => {
      this.#keep({ metrics });
      this.#followMetrics();
    },
    run: (verb) => void this.#ask(verb, () => this.#options.host.call('run', { verb })),
    runOnRelease: (verb, number) =>
      void this.#ask(`${verb} ${number}`, () => this.#options.host.call('runOnRelease', { verb, number })),
    revertToImage: (digest) =>
      void this.#ask(`revert ${digest}`, () => this.#options.host.call('revertToImage', { digest })),
    runOnMount: (verb, name) =>
      void this.#ask(`${verb} ${name}`, () => this.#options.host.call('runOnMount', { verb, name })),
    runOnUrl: (verb, id) =>
      void this.#ask(`${verb} ${id}`, () => this.#options.host.call('runOnUrl', { verb, id })),
    fix: () => void this.#ask('fix', () => this.#options.host.call('fix', null)),
    openAddress: (url) =>
      void this.#ask('openAddress', () => this.#options.host.call('openAddress', { url })),
    copy: (text) => void this.#ask('copy', () => this.#options.host.call('copy', { text })),
    help: () => void this.#ask('help', () => this.#options.host.call('help', null)),
    look: () => void this.#reading.again(),
    close: () => void this.#ask('close', () => this.#options.host.call('close', null)),
    save: () => void this.#save(),
    discard: () => {
      this.#refusal = undefined;
      this.#keep({ editing: undefined });
      void this.#measureLoss();
    },
    decide: (path, whose) => this.#put(decide(this.#editing(), path, whose)),
    archiveVolumes: (from) =>
      void this.#ask('archiveVolumes', () => this.#options.host.call('archiveVolumes', { from })),
    knowLoss: (known) => {
      this.#lossKnown = known;
      this.#later();
    },
  };

  async #save(): Promise<void> {
    const editing = this.#editing();
    const { draft, base, collisions } = editing;
    // A button that was pressed may have been drawn before the collision was known.
    if (collisions.length > 0) return;
    const problems = this.#problems(draft);
    if (problems.size > 0) {
      this.#put({ ...editing, draft: { ...draft, submitted: true } });
      return this.#go(firstOnPage(problems) ?? Array.from(problems.keys())[0] ?? 'name');
    }
    const change = changeOf(draft, changesOf(editing), base.revision);
    const update = this.#lossKnown ? { ...change.update, allowDataLoss: true } : change.update;
    await this.#ask('save', async () => {
      try {
        await this.#options.host.call('save', { ...change, update });
        this.#lossKnown = false;
        this.#keep({ editing: undefined });
        void this.#measureLoss();
      } catch (error) {
        if (isProblem(error)) this.#refuse(error.message, error.fields);
        throw error;
      } finally {
        // Also after a refusal: what was changed elsewhere has to be seen before it is tried again.
        await this.#reading.again();
      }
    });
  }

  #refuse(message: string, fields: Parameters<typeof placed>[0]): void {
    const editing = this.#editing();
    const at = placed(fields, editing.draft);
    const refused = { message, fields: Object.fromEntries(at) };
    this.#put({ ...editing, draft: { ...editing.draft, refused } });
    const first = firstOnPage(new Map(at)) ?? at[0]?.[0];
    if (first !== undefined) this.#go(first);
  }

  /** Asks for something to be done; while it is not, it is shown as busy, and a refusal is said. */
  async #ask(what: string, ask: () => Promise<unknown>): Promise<void> {
    this.#busy.add(what);
    this.#refusal = undefined;
    this.#later();
    try {
      await ask();
    } catch (error) {
      if (!isAbort(error)) this.#refusal = describeError(error);
    } finally {
      this.#busy.delete(what);
      this.#later();
    }
  }
}
