import { Uri } from 'vscode';
import type { Target } from '../../deploy/target.ts';
import {
  createContract,
  createSubject,
  type CreateContract,
  type CreateSubject,
  type CreateWish,
  type ServerFacts,
  type Submission,
} from '../../protocol/panelCreate.ts';
import type { Engine } from '../../docker/engine.ts';
import { problem } from '../../protocol/problems.ts';
import { awayWords } from '../connections/awayWords.ts';
import { localId } from '../connections/connection.ts';
import { readChoices, type OwnPrices } from '../create/choices.ts';
import { prefillFromDeployment, prefillFromDockerfile } from '../create/prefill.ts';
import { createFromDockerfile, createFromImage, refusalOf } from '../create/submission.ts';
import { reviewContext } from '../deploy/contextReview.ts';
import { sourceOf } from '../deploy/dockerfiles.ts';
import type { Journeys } from '../deploy/journeys.ts';
import type { DeployMemory } from '../deploy/memory.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import { isCancelled, type Notify } from '../notify.ts';
import type { Output } from '../output.ts';
import type { Prompts } from '../prompts.ts';
import { lookIfRefused } from '../retry.ts';
import { awayAfter, awayNow, help } from './away.ts';
import type { PanelHandle, PanelKind } from './panelKind.ts';

export interface CreatePanelParts {
  readonly models: Models;
  readonly journeys: Pick<Journeys, 'deploy'>;
  readonly memory: Pick<DeployMemory, 'reviewed' | 'setReviewed'>;
  readonly prompts: Prompts;
  readonly notify: Notify;
  readonly output: Pick<Output, 'append' | 'show'>;
  readonly prices: () => OwnPrices;
  readonly trusted: () => boolean;
  /** The editor's engine, which the local region is on. */
  readonly engine: () => Promise<Engine | undefined>;
  /** Saves what a deployment has in its volumes as an archive. */
  readonly saveVolumeData: (deployment: { readonly id: string; readonly name: string }) => Promise<void>;
  /** Opens the panel of a deployment. */
  readonly manage: (deployment: { readonly id: string; readonly name: string }) => void;
}

/** The form that a deployment is created with. */
export function createPanel(parts: CreatePanelParts): PanelKind<CreateContract, CreateSubject> {
  return {
    type: 'patr.create',
    page: 'create',
    contract: createContract,
    subject: createSubject,
    keyOf,
    titleOf: (subject) => titleOf(subject, parts.models),
    serve: (subject, panel) => {
      const form = new CreateForm(parts, subject, panel);
      return {
        prefill: (_, signal) => form.prefill(signal),
        look: (_, signal) => form.look(signal),
        help: () => form.help(),
        saveVolumeData: async () => {
          if (subject.kind === 'copy') await parts.saveVolumeData(originalOf(subject));
          return null;
        },
        createRepository: async (body) => {
          const { api, workspaceId } = form.target();
          return { ...body, ...(await api.createRepository({ params: { workspaceId }, body })) };
        },
        createSecret: async (body) => {
          const { api, workspaceId } = form.target();
          const { id } = await api.createSecret({ params: { workspaceId }, body });
          return { id, name: body.name };
        },
        listTags: async ({ repositoryId }, signal) => {
          const { api, workspaceId } = form.target();
          const params = { workspaceId, repositoryId };
          const { tags } = await api.listTags({ params, query: { count: mostTags } }, { signal });
          return tags.map(({ tag }) => tag);
        },
        exposedPorts: async ({ repositoryId, tag }, signal) => {
          const { api, workspaceId } = form.target();
          const params = { workspaceId, repositoryId, digestOrTag: tag };
          return (await api.listExposedPorts({ params }, { signal })).ports;
        },
        submit: (wish) => form.submit(wish),
      };
    },
  };
}

const mostTags = 50;

function keyOf(subject: CreateSubject): string {
  const { connection = localId } = subject;
  const where = connection === localId ? '' : ` on ${connection}`;
  switch (subject.kind) {
    case 'new':
      return `new${where}`;
    case 'duplicate':
      return `duplicate ${subject.deploymentId}${where}`;
    case 'copy':
      return `copy ${subject.deploymentId} of ${subject.from}${where}`;
    case 'dockerfile':
      return `dockerfile ${subject.uri}${where}`;
  }
}

/** Where it is made is said where that is not the local region. */
function titleOf(subject: CreateSubject, models: Models): string {
  const { connection = localId } = subject;
  const label = connection === localId ? undefined : models.by(connection)?.connection.label;
  return label === undefined ? wordsOf(subject) : `${wordsOf(subject)} · ${label}`;
}

function wordsOf(subject: CreateSubject): string {
  switch (subject.kind) {
    case 'new':
      return 'Create deployment';
    case 'duplicate':
      return `Duplicate ${subject.name}`;
    case 'copy':
      return `Copy ${subject.name}`;
    case 'dockerfile':
      return `Deploy ${subject.label}`;
  }
}

/** What one form asks for. Where its request is belongs to it, because its page may be gone meanwhile. */
class CreateForm {
  readonly #parts: CreatePanelParts;
  readonly #subject: CreateSubject;
  readonly #panel: PanelHandle<CreateContract>;
  #submission: Submission = { kind: 'none' };

  constructor(parts: CreatePanelParts, subject: CreateSubject, panel: PanelHandle<CreateContract>) {
    this.#parts = parts;
    this.#subject = subject;
    this.#panel = panel;
    const { models } = parts;
    const { life } = panel;
    const look = (model: DeploymentsModel): void => {
      if (model === this.#model()) panel.tell({ kind: 'look' });
    };
    life.add(models.onConnection(look));
    life.add(models.onModels(() => panel.tell({ kind: 'look' })));
    // Other names are taken than before.
    life.add(models.onChange(({ kind, model }) => kind === 'all' && look(model)));
  }

  /** @throws with a sentence when there is no server to ask. */
  target(): Target {
    const model = this.#model();
    const target = model?.target();
    if (target === undefined) throw new Error(awayWords(model?.connection.state()));
    return target;
  }

  help(): Promise<null> {
    return help(this.#model(), this.#subject.connection ?? localId);
  }

  /** Undefined while its connection is not there. */
  #model(): DeploymentsModel | undefined {
    return this.#parts.models.by(this.#subject.connection ?? localId);
  }

  async prefill(signal: AbortSignal) {
    const model = this.#model();
    await model?.connection.look(signal);
    if (model?.target() !== undefined && !model.loaded) await model.refresh();
    const taken = model?.all().map(({ name }) => name) ?? [];
    switch (this.#subject.kind) {
      case 'new':
        return {};
      case 'duplicate':
        return prefillFromDeployment(this.target(), this.#subject.deploymentId, taken, { signal });
      case 'copy': {
        const { prefillFromElsewhere } = await import('../create/copying.ts');
        return prefillFromElsewhere(this.#parts, this.#subject, signal);
      }
      case 'dockerfile':
        return prefillFromDockerfile(this.#subject.uri, taken);
    }
  }

  async look(signal: AbortSignal): Promise<{ server: ServerFacts; submission: Submission }> {
    const server = await this.#lookAtServer(signal);
    const submission = this.#submission;
    // It is the page's from now on.
    if (submission.kind === 'refused') this.#submission = { kind: 'none' };
    return { server, submission };
  }

  /** Begins the request; what comes of it is told, to the page and to the person. */
  submit(wish: CreateWish): null {
    if (this.#submission.kind === 'running')
      throw problem('resourceInUse', { says: 'It is being created already.' });
    void this.#run(wish);
    return null;
  }

  async #lookAtServer(signal: AbortSignal): Promise<ServerFacts> {
    const { prices } = this.#parts;
    const model = this.#model();
    if (model?.target() === undefined) await model?.connection.look(signal);
    const target = model?.target();
    if (target === undefined) return awayNow(model);
    try {
      return { kind: 'ready', choices: await readChoices(target, prices(), { signal }) };
    } catch (error) {
      if (signal.aborted) throw error;
      return awayAfter(model, error);
    }
  }

  async #run(wish: CreateWish): Promise<void> {
    const { kind } = wish.image;
    const building = kind === 'build';
    this.#now({ kind: 'running', words: runningWords[kind] });
    try {
      if (building) await this.#build(wish);
      else if (kind === 'copy') await this.#copy(wish);
      else await this.#create(wish);
      this.#panel.close();
    } catch (error) {
      await lookIfRefused(this.#model(), error);
      const refused = isCancelled(error) ? ({ kind: 'none' } as const) : refusalOf(error);
      this.#now(refused);
      // A journey says itself what went wrong; here only a form that is gone cannot.
      if (this.#panel.life.disposed && !building) void this.#parts.notify.problem(error);
    }
  }

  async #create(wish: CreateWish): Promise<void> {
    const { output } = this.#parts;
    const note = (text: string): void => output.append(text);
    await this.#made(await createFromImage(this.target(), wish, note), wish);
  }

  async #copy(wish: CreateWish): Promise<void> {
    const subject = this.#subject;
    if (subject.kind !== 'copy') throw problem('wrongParameters');
    const { createCopy } = await import('../create/copying.ts');
    await this.#made(await createCopy(this.#parts, subject, wish), wish);
  }

  async #made(id: string, { name, deployOnCreate }: CreateWish): Promise<void> {
    const { notify, manage } = this.#parts;
    await this.#model()?.reload(id);
    const words = deployOnCreate ? 'is created and starts' : 'is created';
    void notify.done(`${name} ${words}.`, [{ label: 'Manage', run: () => manage({ id, name }) }]);
  }

  async #build(wish: CreateWish): Promise<void> {
    const { journeys, memory, prompts, trusted } = this.#parts;
    const subject = this.#subject;
    if (subject.kind !== 'dockerfile') throw problem('wrongParameters');
    if (!trusted())
      throw new Error('Nothing is built in a workspace that is not trusted. Trust it, and try again.');
    if (!memory.reviewed(subject.uri)) {
      const source = await sourceOf(Uri.parse(subject.uri));
      const answer = await reviewContext(source, prompts, { step: 1, of: 1 });
      if (answer !== 'build') throw new DOMException('The person gave up.', 'AbortError');
      await memory.setReviewed(subject.uri);
    }
    const model = this.#model();
    if (model === undefined) throw new Error(awayWords(undefined));
    await createFromDockerfile(journeys, model, subject, wish);
  }

  #now(submission: Submission): void {
    this.#submission = submission;
    this.#panel.tell({ kind: 'look' });
  }
}

const runningWords: Readonly<Record<CreateWish['image']['kind'], string>> = {
  build:
    'It is being built and pushed; the notification shows how far it is. This form stays until the deployment is made.',
  copy: 'Its image is being copied; the notification shows how far it is. This form stays until the deployment is made.',
  repository: 'It is being created.',
  external: 'It is being created.',
};

function originalOf({ deploymentId: id, name }: Extract<CreateSubject, { kind: 'copy' }>) {
  return { id, name };
}
