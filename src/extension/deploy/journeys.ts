import { commands, window, type Uri } from 'vscode';
import { systemClock } from '../../base/clock.ts';
import type { JourneyEvent, JourneyResult } from '../../deploy/contract.ts';
import type { Choice, Source, Target } from '../../deploy/target.ts';
import type { Engine } from '../../docker/engine.ts';
import type { LocalConnection } from '../connections/localConnection.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import { isCancelled, type Action } from '../notify.ts';
import type { ProgressReport, Prompts } from '../prompts.ts';
import { retryAfter } from '../retry.ts';
import type { BuildDiagnostics } from './diagnostics.ts';
import { firstRegion } from './firstRegion.ts';
import type { Answers } from './chooseDeployment.ts';
import type { DeployMemory } from './memory.ts';
import { ProgressWords, stepLabels } from './progressWords.ts';
import { reach } from './reach.ts';
import { actionsFor, tellUnhealthy, type VerdictParts } from './verdict.ts';

export interface JourneyParts extends VerdictParts {
  readonly local: Pick<LocalConnection, 'host' | 'start'>;
  readonly models: Pick<Models, 'of' | 'get'>;
  readonly memory: DeployMemory;
  readonly diagnostics: BuildDiagnostics;
  readonly prompts: Prompts;
}

/** Told as soon as it is known whether a deployment was made; what fails after that is no failure to make it. */
export interface JourneyListener {
  created(): void;
  failed(error: unknown): void;
}

const nobody: JourneyListener = { created: () => undefined, failed: () => undefined };

interface Running {
  readonly target: Target;
  readonly engine: Engine;
  readonly tell: (event: JourneyEvent) => void;
  readonly signal: AbortSignal;
}

/** The full output is one click away while it runs. Names hold nothing that would be markup. */
const outputLink = '([output](command:patr.output.show))';

/** What builds and pushes is read when it is needed for the first time. */
const journeyAtFirstUse = () => import('../../deploy/journey.ts');

/** Runs journeys as a person sees them: progress, output, verdict, and what to do next. One per Dockerfile at a time. */
export class Journeys {
  readonly #parts: JourneyParts;
  readonly #running = new Set<string>();

  constructor(parts: JourneyParts) {
    this.#parts = parts;
  }

  /** Whoever has asked elsewhere than here is told in `told` when the deployment is made, or why it is not. */
  async deploy(
    model: DeploymentsModel,
    dockerfile: Uri,
    source: Source,
    answers: Answers,
    told?: JourneyListener,
  ): Promise<void> {
    await this.#run(
      model,
      dockerfile,
      `Deploying ${answers.name} ${outputLink}`,
      () => this.deploy(model, dockerfile, source, answers),
      async (run) => {
        const regionId = answers.regionId ?? (await firstRegion(run.target, run.signal));
        const choice: Choice = { ...answers, regionId };
        const { deploy } = await journeyAtFirstUse();
        return deploy(run.target, source, choice, this.#tools(run));
      },
      told,
    );
  }

  async push(dockerfile: Uri, source: Source, deploymentId: string, name: string): Promise<void> {
    await this.#run(
      this.#parts.models.of(deploymentId),
      dockerfile,
      `Pushing ${name} ${outputLink}`,
      () => this.push(dockerfile, source, deploymentId, name),
      async (run) => {
        const { push } = await journeyAtFirstUse();
        return push(run.target, source, deploymentId, this.#tools(run));
      },
    );
  }

  #tools({ engine, tell, signal }: Running) {
    return { engine, tell, signal, clock: systemClock, chance: Math.random };
  }

  async #run(
    model: DeploymentsModel,
    dockerfile: Uri,
    title: string,
    again: () => Promise<void>,
    work: (running: Running) => Promise<JourneyResult>,
    told: JourneyListener = nobody,
  ): Promise<void> {
    const { prompts, notify, output, diagnostics } = this.#parts;
    const key = dockerfile.toString();
    if (this.#running.has(key)) {
      const busy = 'This Dockerfile is being deployed already. Cancel that one first, or wait for it.';
      told.failed(new Error(busy));
      await notify.warn(busy);
      return;
    }
    this.#running.add(key);
    diagnostics.clear(dockerfile);
    const words = new ProgressWords();
    try {
      const result = await prompts.progress(title, (report, signal) =>
        this.#go(model, dockerfile, words, report, signal, work, told),
      );
      void this.#tellResult(result, words.summary(), again);
    } catch (error) {
      told.failed(error);
      if (isCancelled(error)) return void this.#tellCancelled(words, title);
      await diagnostics.show(dockerfile, error);
      void notify.problem(error, {
        retry: await retryAfter(model, error, again),
        showOutput: { label: 'Show output', run: () => output.show() },
        openDockerfile: { label: 'Open Dockerfile', run: () => openAt(dockerfile, error) },
        chooseName: {
          label: 'Choose another name',
          run: () => commands.executeCommand('patr.deploy', dockerfile),
        },
        startRegion: {
          label: 'Start the local region',
          run: () => commands.executeCommand('patr.region.start'),
        },
      });
    } finally {
      this.#running.delete(key);
    }
  }

  async #go(
    model: DeploymentsModel,
    dockerfile: Uri,
    words: ProgressWords,
    report: ProgressReport,
    signal: AbortSignal,
    work: (running: Running) => Promise<JourneyResult>,
    told: JourneyListener,
  ): Promise<JourneyResult> {
    const { local, output, memory } = this.#parts;
    const target = await reach(local, model, report, signal);
    const { engine } = await local.host();
    const connection = model.connection.id;
    const tell = (event: JourneyEvent): void => {
      this.#log(event);
      const line = words.next(event);
      if (line !== undefined) report(line);
      if (event.kind !== 'created') return;
      told.created();
      const { deploymentId, name } = event;
      void memory.remember(dockerfile.toString(), { deploymentId, name, connection });
      void model.reload(deploymentId);
    };
    const result = await work({ target, engine, tell, signal });
    output.info(`Done: ${words.summary()}`);
    await model.reload(result.deploymentId);
    return result;
  }

  /** Giving up is no error; what goes on all the same is said. */
  async #tellCancelled(words: ProgressWords, title: string): Promise<void> {
    const { notify, output } = this.#parts;
    output.info(`${title}: cancelled`);
    if (words.step !== 'rollout') return;
    await notify.done(
      'The rollout goes on in the region; only watching it has ended. The Patr view shows what comes of it.',
    );
  }

  #log(event: JourneyEvent): void {
    const { output } = this.#parts;
    if (event.kind === 'output') output.append(event.text);
    else if (event.kind === 'started') output.info(`${stepLabels[event.step]}`);
    else if (event.kind === 'progress') output.debug(`${stepLabels[event.step]}: ${event.message}`);
    else if (event.kind === 'finished') output.info(`${stepLabels[event.step]} took ${event.ms} ms`);
  }

  /** Runs a command of deployments on this one, if it is still there. */
  async #runOn(deploymentId: string, command: string): Promise<void> {
    const deployment = this.#parts.models.get(deploymentId);
    if (deployment === undefined) return;
    await commands.executeCommand(command, { kind: 'deployment', id: '', deployment });
  }

  #startOf(deploymentId: string): Action {
    return { label: 'Start', run: () => this.#runOn(deploymentId, 'patr.deployment.start') };
  }

  /** Why a pushed image is not rolled out, and what rolls it out. */
  #waiting({ deploymentId, because }: Extract<JourneyResult, { kind: 'pushed' }>): {
    readonly message: string;
    readonly action: Action;
  } {
    const rollsOut = this.#parts.models.of(deploymentId).target()?.backend.answers('rollOutNewest');
    if (because === 'deployOnPushOff' && rollsOut === false) {
      const run = () => this.#runOn(deploymentId, 'patr.deployment.deployOnPush');
      return { message: switchOnWords, action: { label: 'Switch deploy on push on', run } };
    }
    const message = `It is not rolled out, because ${waitingWords[because]}`;
    const run = () => this.#runOn(deploymentId, 'patr.deployment.rollOut');
    const rollOut = { label: 'Roll out the newest image', run };
    return { message, action: because === 'deployOnPushOff' ? rollOut : this.#startOf(deploymentId) };
  }

  async #tellResult(result: JourneyResult, times: string, again: () => Promise<void>): Promise<void> {
    const { notify, manage } = this.#parts;
    const { deploymentId, name } = result;
    const deployment = { id: deploymentId, name };
    const more: Action = { label: 'Manage', run: () => manage(deployment) };
    if (result.kind === 'serving') {
      const { url, release } = result;
      const version = release === undefined ? '' : `, version ${release}`;
      const where = url === undefined ? '' : ` at ${url}`;
      const message =
        result.unchanged === true
          ? `Nothing has changed: ${name} is serving this image already${where}${version}.`
          : `${name} is serving${where}${version} (${times}).`;
      await notify.done(message, actionsFor(this.#parts, deployment, url));
    } else if (result.kind === 'created') {
      const message = `${name} is made, and not started yet, as you chose.`;
      await notify.done(message, [this.#startOf(deploymentId), more]);
    } else if (result.kind === 'pushed') {
      const { message, action } = this.#waiting(result);
      await notify.done(`The image of ${name} is pushed. ${message}`, [action, more]);
    } else {
      const retry: Action = { label: 'Try again', run: again };
      await tellUnhealthy(this.#parts, deployment, result.reason, [retry]);
    }
  }
}

const switchOnWords =
  'It is not rolled out, because deploy on push is off. Switch it on, and push again when you want it served.';

const waitingWords = {
  stopped: 'the deployment is stopped. Start it to serve this image.',
  errored: 'Patr does not roll pushes out to a deployment that has failed. Start it to serve this image.',
  deployOnPushOff: 'deploy on push is off. Roll it out when you want it served.',
} as const;

async function openAt(dockerfile: Uri, error: unknown): Promise<void> {
  const editor = await window.showTextDocument(dockerfile);
  const line =
    error instanceof Error && 'line' in error && typeof error.line === 'number' ? error.line - 1 : 0;
  const position = editor.document.lineAt(Math.min(Math.max(0, line), editor.document.lineCount - 1)).range;
  editor.revealRange(position);
}
