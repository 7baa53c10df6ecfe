import { systemClock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { CopyEnded, copyDeployment, staysWords } from '../../deploy/copy.ts';
import { copyDestination, readCopyOrigin, type CopyPlace } from '../../deploy/copyOrigin.ts';
import { planCopy } from '../../deploy/copyPlan.ts';
import { dropRepository } from '../../deploy/repository.ts';
import type { Engine } from '../../docker/engine.ts';
import type { CreateSubject, CreateWish, PrefillInput } from '../../protocol/panelCreate.ts';
import { awayWords } from '../connections/awayWords.ts';
import { localId } from '../connections/connection.ts';
import type { Models } from '../model/models.ts';
import { isCancelled, type Notify } from '../notify.ts';
import type { Output } from '../output.ts';
import type { Prompts } from '../prompts.ts';
import { readChoices, type OwnPrices } from './choices.ts';
import { choiceOf } from './submission.ts';

export type CopySubject = Extract<CreateSubject, { kind: 'copy' }>;

export interface CopyParts {
  readonly models: Models;
  readonly prompts: Pick<Prompts, 'progress'>;
  readonly notify: Pick<Notify, 'warn' | 'done'>;
  readonly output: Pick<Output, 'append'>;
  readonly prices: () => OwnPrices;
  /** The editor's engine, which the local region is on. */
  readonly engine: () => Promise<Engine | undefined>;
}

/**
 * What the form of a copy arrives with. Where it is to be made is waited for, such as a local region that the person
 * starts from the form. @throws with a sentence when the original's server cannot be asked.
 */
export async function prefillFromElsewhere(
  { models, prices }: CopyParts,
  subject: CopySubject,
  signal: AbortSignal,
): Promise<PrefillInput> {
  const from = await placeOf(models, subject.from, signal);
  await untilConnected(models, subject.connection ?? localId, signal);
  const to = await placeOf(models, subject.connection, signal);
  const [origin, choices] = await Promise.all([
    readCopyOrigin(from, subject.deploymentId, { signal }),
    readChoices(to.target, prices(), { signal }),
  ]);
  return planCopy(origin, copyDestination(to, choices)).prefill;
}

/**
 * Copies the image and makes the deployment, in a notification that shows how far it is and can cancel it. Resolves
 * with the id. @throws CopyEnded; whoever cancels is told what stays at the other end, and can take it away.
 */
export async function createCopy(parts: CopyParts, subject: CopySubject, wish: CreateWish): Promise<string> {
  const { models, prompts, output, engine } = parts;
  const from = await placeOf(models, subject.from);
  const to = await placeOf(models, subject.connection);
  try {
    return await prompts.progress(`Copying ${subject.name} to ${to.label}`, (show, signal) => {
      let shown = 0;
      const progress = (message: string, share = shown): void => {
        show({ message, increment: (share - shown) * 100 });
        shown = share;
      };
      const report = { progress, output: (text: string) => output.append(text) };
      const own = async (): Promise<Engine | undefined> => (from.isLocal ? engine() : undefined);
      const tools = { clock: systemClock, report, engine: own, signal };
      return copyDeployment(from, subject.deploymentId, to, choiceOf(wish), tools);
    });
  } catch (error) {
    if (error instanceof CopyEnded && isCancelled(error.cause)) {
      tellWhatStays(parts, to, error);
      throw error.cause;
    }
    throw error;
  }
}

/** Nothing that was half made is kept from the person. */
function tellWhatStays({ notify, output }: CopyParts, { target, label }: CopyPlace, ended: CopyEnded): void {
  const { repository } = ended;
  if (repository === undefined) return;
  const message = `The copy was given up. ${staysWords(repository, label)}`;
  const note = (text: string): void => output.append(text);
  const remove = { label: 'Remove it', run: () => dropRepository(target, repository, note) };
  void notify.done(message, repository.fresh ? [remove] : []);
}

/** Resolves when the connection stands, whatever becomes of it until then. @throws the signal's reason. */
async function untilConnected(models: Models, id: string, signal: AbortSignal): Promise<void> {
  const stands = Promise.withResolvers<void>();
  const held = new DisposableStore();
  const look = (): void => {
    if (models.by(id)?.target() !== undefined) stands.resolve();
  };
  held.add(models.onConnection(look));
  held.add(models.onModels(look));
  const onAbort = (): void => stands.reject(signal.reason as Error);
  // Where looking fails first, nobody waits for it any more.
  stands.promise.catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await models.by(id)?.connection.look(signal);
    look();
    await stands.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    held.dispose();
  }
}

/** @throws with a sentence when the connection does not stand. */
async function placeOf(models: Models, id: string | undefined, signal?: AbortSignal): Promise<CopyPlace> {
  const model = models.by(id ?? localId);
  if (model === undefined) throw new Error(awayWords(undefined));
  const { connection } = model;
  if (model.target() === undefined) await connection.look(signal);
  const target = model.target();
  if (target === undefined) throw new Error(`${connection.label}: ${awayWords(connection.state())}`);
  return { target, label: connection.label, isLocal: connection.id === localId };
}
