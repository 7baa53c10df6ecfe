import { commands, env, Uri } from 'vscode';
import type { Target } from '../../deploy/target.ts';
import {
  manageContract,
  manageSubject,
  type ManageContract,
  type Managed,
  type MountVerb,
  type ManageFacts,
  type ManageSubject,
  type ReleaseVerb,
  type UrlVerb,
  type Verb,
  type WishedChange,
} from '../../protocol/panelManage.ts';
import type { Choices, Named } from '../../protocol/panelCreate.ts';
import { problem } from '../../protocol/problems.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { Metrics } from '../../protocol/shapes/metrics.ts';
import type { InstanceUsage } from '../../protocol/shapes/release.ts';
import type { VolumeData } from '../../protocol/shapes/volume.ts';
import { fixOf } from '../commands/fix.ts';
import type { Configs } from '../config/configs.ts';
import { awayWords } from '../connections/awayWords.ts';
import { localId } from '../connections/connection.ts';
import { readChoices, type OwnPrices } from '../create/choices.ts';
import type { CommandId } from '../ids.ts';
import { readFacts, readUsage } from '../manage/facts.ts';
import { LogsTab } from '../manage/logsTab.ts';
import { readMetrics } from '../manage/metrics.ts';
import { saveChange } from '../manage/save.ts';
import type { LogProblems } from '../logs/logProblems.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import type { Output } from '../output.ts';
import { deploymentNodeId } from '../tree/branch.ts';
import { pastImageNode, releaseNode, type MarksOf } from '../tree/parts.ts';
import { readVolumeData } from '../volumes/volumeData.ts';
import { lookIfRefused } from '../retry.ts';
import { awayAfter, awayNow, help } from './away.ts';
import type { PanelHandle, PanelKind } from './panelKind.ts';

export interface ManagePanelParts {
  readonly models: Models;
  readonly output: Pick<Output, 'append'>;
  readonly logProblems: Pick<LogProblems, 'look' | 'looks'>;
  readonly prices: () => OwnPrices;
  readonly marksOf: MarksOf;
  readonly onMark: Configs['onMark'];
  /** Saves what instances from this one on have in their volumes. */
  readonly archiveVolumes: (deployment: Pick<Deployment, 'id' | 'name'>, from: number) => Promise<void>;
}

/** The panel that a deployment is looked after with. */
export function managePanel(parts: ManagePanelParts): PanelKind<ManageContract, ManageSubject> {
  return {
    type: 'patr.manage',
    page: 'manage',
    contract: manageContract,
    subject: manageSubject,
    keyOf: ({ deploymentId }) => deploymentId,
    titleOf: ({ name }) => name,
    serve: (subject, panel) => {
      const managing = new Managing(parts, subject, panel);
      const logs = new LogsTab({
        model: { target: () => managing.model()?.target() },
        deploymentId: subject.deploymentId,
        name: () => managing.model()?.get(subject.deploymentId)?.name ?? subject.name,
        problems: parts.logProblems,
        panel,
      });
      return {
        look: (_, signal) => managing.look(signal),
        usage: (_, signal) => managing.usage(signal),
        metrics: ({ seconds }, signal) => managing.metrics(seconds, signal),
        choices: (_, signal) => managing.choices(signal),
        createSecret: (body) => managing.createSecret(body),
        volumeData: async (_, signal) => [...(await managing.volumeData(signal))],
        archiveVolumes: ({ from }) => managing.archiveVolumes(from),
        save: (change) => managing.save(change),
        run: ({ verb }) => managing.run(verb),
        runOnRelease: ({ verb, number }) => managing.runOnRelease(verb, number),
        revertToImage: ({ digest }) => managing.revertToImage(digest),
        runOnMount: ({ verb, name }) => managing.runOnMount(verb, name),
        runOnUrl: ({ verb, id }) => managing.runOnUrl(verb, id),
        fix: () => managing.fix(),
        help: () => help(managing.model(), subject.connection ?? localId),
        openAddress: ({ url }) => managing.openAddress(url),
        copy: async ({ text }) => {
          await env.clipboard.writeText(text);
          return null;
        },
        followLogs: ({ session, filter }) => logs.follow(session, filter),
        stopLogs: () => logs.stop(),
        olderLogs: ({ filter, before }, signal) => logs.older(filter, before, signal),
        newerLogs: ({ filter, after }, signal) => logs.newer(filter, after, signal),
        openLogs: ({ filter, upTo }) => logs.open(filter, upTo),
        saveLogs: ({ filter, upTo }) => logs.save(filter, upTo),
        openPlace: ({ line }) => logs.openPlace(line),
        openUrl: ({ url }) => logs.openUrl(url),
        close: () => {
          panel.close();
          return null;
        },
      };
    },
  };
}

const commandOf = {
  open: 'patr.deployment.open',
  push: 'patr.deployment.push',
  start: 'patr.deployment.start',
  stop: 'patr.deployment.stop',
  restart: 'patr.deployment.restart',
  logs: 'patr.deployment.logs',
  rollOut: 'patr.deployment.rollOut',
  resumePushes: 'patr.deployment.resumePushes',
  addUrl: 'patr.managedUrl.add',
  uploadMounts: 'patr.configMount.add',
  writeMount: 'patr.configMount.write',
  delete: 'patr.deployment.delete',
} as const satisfies Record<Verb, CommandId>;

const releaseCommandOf = {
  revert: 'patr.release.revert',
  compare: 'patr.release.compare',
} as const satisfies Record<ReleaseVerb, CommandId>;

const urlCommandOf = {
  open: 'patr.managedUrl.open',
  copy: 'patr.managedUrl.copy',
  edit: 'patr.managedUrl.edit',
  verify: 'patr.managedUrl.verify',
  copyRecord: 'patr.managedUrl.copyRecord',
  delete: 'patr.managedUrl.delete',
} as const satisfies Record<UrlVerb, CommandId>;

const mountCommandOf = {
  open: 'patr.configMount.open',
  history: 'patr.configMount.history',
  rename: 'patr.configMount.rename',
  stopFollowing: 'patr.configMount.stopFollowing',
  delete: 'patr.configMount.delete',
} as const satisfies Record<MountVerb, CommandId>;

/** What one panel asks for. */
class Managing {
  readonly #parts: ManagePanelParts;
  readonly #id: string;
  readonly #connection: string;
  readonly #panel: PanelHandle<ManageContract>;
  /** What the page asks first is read while it loads; undefined once it was asked, or is not true any more. */
  #ahead: Promise<ManageFacts> | undefined;
  /** As it was last read. */
  #managed: Managed | undefined;
  /** Whether this panel asked for it to be deleted: then the panel goes with it. */
  #deleting = false;

  constructor(parts: ManagePanelParts, subject: ManageSubject, panel: PanelHandle<ManageContract>) {
    this.#parts = parts;
    this.#id = subject.deploymentId;
    this.#connection = subject.connection ?? localId;
    this.#panel = panel;
    const { models } = parts;
    const news = (): void => {
      this.#ahead = undefined;
      panel.tell({ kind: 'look' });
    };
    panel.life.add(models.onModels(news));
    panel.life.add(models.onConnection((model) => model === this.model() && news()));
    panel.life.add(parts.onMark(news));
    panel.life.add(
      models.onChange((change) => {
        if (change.model === this.model() && (change.kind === 'all' || change.id === this.#id)) news();
      }),
    );
    const ahead = this.#read(panel.life.signal());
    this.#ahead = ahead;
    // The page may be gone before it asks.
    ahead.catch(() => undefined);
    panel.life.add(
      models.each((model, life) => {
        if (model !== this.model()) return;
        // Only what somebody has asked for is kept fresh.
        void model.resources.list('urls').catch(() => undefined);
        life.add(model.resources.onChange((kind) => kind === 'urls' && news()));
      }),
    );
  }

  /** What is known of its connection; undefined while that is not there. */
  model(): DeploymentsModel | undefined {
    return this.#parts.models.by(this.#connection);
  }

  look(signal: AbortSignal): Promise<ManageFacts> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? this.#read(signal);
  }

  async #read(signal: AbortSignal): Promise<ManageFacts> {
    const model = this.model();
    if (model?.target() === undefined) await model?.connection.look(signal);
    const target = model?.target();
    if (target === undefined) return awayNow(model);
    try {
      return this.#seen(await readFacts(target, this.#id, { signal }, this.#parts.marksOf));
    } catch (error) {
      if (signal.aborted) throw error;
      return awayAfter(model, error);
    }
  }

  usage(signal: AbortSignal): Promise<Record<string, InstanceUsage>> {
    return readUsage(this.#target(), this.#id, { signal });
  }

  /** What fields offer: this deployment's own name is free for it, and its own volumes are. */
  choices(signal: AbortSignal): Promise<Choices> {
    return readChoices(this.#target(), this.#parts.prices(), { signal }, this.#id);
  }

  async metrics(seconds: number, signal: AbortSignal): Promise<Metrics | null> {
    return (await readMetrics(this.#target(), this.#id, seconds, { signal })) ?? null;
  }

  async createSecret(body: { readonly name: string; readonly value: string }): Promise<Named> {
    const { api, workspaceId } = this.#target();
    const { id } = await api.createSecret({ params: { workspaceId }, body });
    return { id, name: body.name };
  }

  volumeData(signal: AbortSignal): Promise<readonly VolumeData[]> {
    return readVolumeData(this.#target(), this.#id, { signal });
  }

  async archiveVolumes(from: number): Promise<null> {
    const deployment = this.#managed?.deployment;
    if (deployment === undefined) throw problem('resourceDoesNotExist');
    await this.#parts.archiveVolumes(deployment, from);
    return null;
  }

  /** Saves everything as one update. Volumes that it needs are made first, and go again when it is refused. */
  async save(change: WishedChange): Promise<null> {
    const note = (text: string): void => this.#parts.output.append(text);
    try {
      await saveChange(this.#target(), this.#id, change, note);
    } catch (error) {
      await lookIfRefused(this.model(), error);
      throw error;
    }
    await this.model()?.reload(this.#id);
    return null;
  }

  /** Runs a command on the deployment, as the tree would. */
  async run(verb: Verb): Promise<null> {
    const deployment = this.model()?.get(this.#id) ?? this.#managed?.deployment;
    if (deployment === undefined) throw problem('resourceDoesNotExist');
    this.#deleting ||= verb === 'delete';
    const node = { kind: 'deployment', id: deploymentNodeId(this.#id), deployment } as const;
    await commands.executeCommand(commandOf[verb], node);
    if (verb === 'addUrl' || verb === 'uploadMounts') this.#panel.tell({ kind: 'look' });
    return null;
  }

  async runOnRelease(verb: ReleaseVerb, number: number): Promise<null> {
    const { deployment, releases = [] } = this.#managed ?? {};
    const index = releases.findIndex((one) => one.number === number);
    const release = releases[index];
    if (deployment === undefined || release === undefined) throw problem('resourceDoesNotExist');
    await commands.executeCommand(releaseCommandOf[verb], releaseNode(deployment, release, index));
    return null;
  }

  async revertToImage(digest: string): Promise<null> {
    const { deployment, imageHistory } = this.#managed ?? {};
    const image = imageHistory?.images.find((one) => one.digest === digest);
    if (deployment === undefined || image === undefined) throw problem('resourceDoesNotExist');
    const { created, canRevert } = image;
    const node = pastImageNode(deployment, { digest, created, tags: [] }, canRevert);
    await commands.executeCommand('patr.release.revert', node);
    return null;
  }

  async runOnUrl(verb: UrlVerb, id: string): Promise<null> {
    const url = this.#managed?.urls?.find((one) => one.id === id);
    if (url === undefined) throw problem('resourceDoesNotExist');
    const node = { kind: 'managedUrl', id: `managedUrl/${id}`, deploymentId: this.#id, url } as const;
    await commands.executeCommand(urlCommandOf[verb], node);
    this.#panel.tell({ kind: 'look' });
    return null;
  }

  async runOnMount(verb: MountVerb, name: string): Promise<null> {
    if (this.#managed?.mounts.some((mount) => mount.name === name) !== true)
      throw problem('resourceDoesNotExist');
    const id = `configMount/${this.#id}/${name}`;
    const node = { kind: 'configMount', id, deploymentId: this.#id, name, bytes: 0 } as const;
    await commands.executeCommand(mountCommandOf[verb], node);
    return null;
  }

  async fix(): Promise<null> {
    await fixOf(this.#managed?.deployment.reason)?.apply(this.#target(), this.#id);
    await this.model()?.reload(this.#id);
    return null;
  }

  async openAddress(url: string): Promise<null> {
    const own = this.#managed?.deployment.addresses?.some((address) => address.url === url) === true;
    if (!own) throw problem('wrongParameters', { says: 'This is no address of the deployment.' });
    await env.openExternal(Uri.parse(url));
    return null;
  }

  #seen(read: Managed | 'gone'): ManageFacts {
    if (read === 'gone') {
      if (this.#deleting) this.#panel.close();
      return { kind: 'gone' };
    }
    this.#managed = read;
    this.#panel.setTitle(read.deployment.name);
    return read;
  }

  #target(): Target {
    const model = this.model();
    const target = model?.target();
    if (target === undefined) throw new Error(awayWords(model?.connection.state()));
    return target;
  }
}
