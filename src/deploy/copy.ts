import type { Clock } from '../base/clock.ts';
import { formatBytes } from '../base/formatBytes.ts';
import { describeError } from '../base/log.ts';
import { copyImage, type CopyState } from '../client/registry/copyImage.ts';
import { isRegistryError } from '../client/registry/registryError.ts';
import type { RegistryPlace } from '../client/registry/registryPlace.ts';
import { isEngineError, type Engine } from '../docker/engine.ts';
import { patrRegistry, type DeploymentInfo } from '../protocol/shapes/deployment.ts';
import type { CopyPlace } from './copyOrigin.ts';
import { create } from './create.ts';
import { JourneyError } from './errors.ts';
import { push } from './image.ts';
import { ensureRepository, referenceOf, type ChosenRepository } from './repository.ts';
import type { StepReport } from './steps.ts';
import { repositoryNameFor, usualTag, type Choice } from './target.ts';

export interface CopyTools {
  readonly clock: Clock;
  readonly report: StepReport;
  /** The engine that the original runs on, where it is the editor's; asked for only when its registry has lost the image. */
  readonly engine: () => Promise<Engine | undefined>;
  readonly signal?: AbortSignal;
}

/** A copy that ended before there was a deployment, and what of it is at the other end all the same. */
export class CopyEnded extends JourneyError {
  /** The repository that stays with what was copied; undefined: nothing is left. */
  readonly repository: ChosenRepository | undefined;

  constructor(why: unknown, label: string, repository: ChosenRepository | undefined) {
    const left = repository === undefined ? '' : ` ${staysWords(repository, label)}`;
    super(`${describeError(why)}${left}`, ['retry', 'showOutput'], { cause: why });
    this.repository = repository;
  }
}

/**
 * Copies the image of a deployment into the other end's registry and makes the deployment there. What is made comes
 * last: until then a person who gives up, or whom the network leaves, has a repository with layers, which the next try
 * goes on from, and nothing else. Resolves with the id. @throws CopyEnded, also when it is cancelled: its cause says so.
 */
export async function copyDeployment(
  from: CopyPlace,
  deploymentId: string,
  to: CopyPlace,
  choice: Choice,
  tools: CopyTools,
): Promise<string> {
  const { clock, report, signal } = tools;
  const waiting = signal === undefined ? {} : { signal };
  let repository: ChosenRepository | undefined;
  try {
    const { api, workspaceId } = from.target;
    const original = await api.getDeployment({ params: { workspaceId, deploymentId } }, waiting);
    const tag = choice.details?.imageTag ?? usualTag;
    const wanted = { name: repositoryNameFor(choice.name), tag, digest: original.currentLiveDigest };
    repository = await repositoryFor(to, wanted, waiting);
    await copyInto(from, original, to, { repository, tag }, tools);
    report.progress(`making ${choice.name}`);
    const image = { registry: patrRegistry, repositoryId: repository.id } as const;
    const note = (text: string): void => report.output(text);
    return await create(to.target, choice, image, { clock, note, ...waiting });
  } catch (error) {
    throw new CopyEnded(error, to.label, repository);
  }
}

/** So many names are tried for a repository. */
const mostNames = 50;

/**
 * The repository of that name, or of it with a number: one whose tag is another image already is somebody else's, and
 * a push there could roll that out.
 */
async function repositoryFor(
  { target, label }: CopyPlace,
  wanted: { readonly name: string; readonly tag: string; readonly digest: string | null },
  waiting: { readonly signal?: AbortSignal },
): Promise<ChosenRepository> {
  const { api, workspaceId } = target;
  for (let number = 1; number <= mostNames; number += 1) {
    const name = number === 1 ? wanted.name : `${wanted.name}-${number}`;
    const repository = await ensureRepository(target, name, waiting);
    if (repository.fresh) return repository;
    const given = { params: { workspaceId, repositoryId: repository.id } };
    const tags = await Array.fromAsync(api.pages('listTags', given, (answer) => answer.tags, waiting));
    const there = tags.find(({ tag }) => tag === wanted.tag);
    if (there === undefined || there.digest === wanted.digest) return repository;
  }
  const message = `${label} has ${mostNames} repositories called ${wanted.name} with other images under the tag ${wanted.tag}. Choose another name for the copy.`;
  throw new JourneyError(message, ['chooseName']);
}

async function copyInto(
  from: CopyPlace,
  original: DeploymentInfo,
  to: CopyPlace,
  wanted: { readonly repository: ChosenRepository; readonly tag: string },
  tools: CopyTools,
): Promise<void> {
  const { clock, report, signal } = tools;
  const waiting = signal === undefined ? {} : { signal };
  const source = await sourceOf(from, original, waiting);
  const reference = original.currentLiveDigest ?? original.imageTag;
  const { username, ...registry } = to.target.backend.registry;
  const path = `${to.target.workspaceId}/${wanted.repository.name}`;
  const target = { ...registry, path, login: { username, password: to.target.token } };
  report.output(`copying ${source.host}/${source.path}, ${reference} to ${target.host}/${path}\n`);
  try {
    const image = { reference, tag: wanted.tag };
    for await (const update of copyImage(source, target, image, { clock, ...waiting })) {
      if (update.kind === 'progress') report.progress(words(update), update.share);
      else if (update.kind === 'again') report.output(`${update.why} It is tried again.\n`);
      else report.output(`copied as ${update.digest}\n`);
    }
  } catch (error) {
    if (!isRegistryError(error, 'notFound')) throw error;
    const pushed = await pushedByEngine(source, reference, to, wanted, tools);
    if (!pushed) throw error;
  }
}

/** Where the image is: in the registry of its server, or in another one. */
async function sourceOf(
  { target }: CopyPlace,
  original: DeploymentInfo,
  waiting: { readonly signal?: AbortSignal },
): Promise<RegistryPlace> {
  const { api, backend, token, workspaceId } = target;
  const { host, username, ...reach } = backend.registry;
  if (!('repositoryId' in original)) return { ...reach, host: original.registry, path: original.imageName };
  const params = { workspaceId, repositoryId: original.repositoryId };
  const { repository } = await api.getRepository({ params }, waiting);
  const login = { username, password: token };
  return { ...reach, host, path: `${workspaceId}/${repository.name}`, login };
}

/**
 * An image that its registry has no more may still be on the engine that runs it: then that pushes it. False: it is not.
 * An engine packs layers anew, so that the digest may be another one.
 */
async function pushedByEngine(
  source: RegistryPlace,
  reference: string,
  to: CopyPlace,
  wanted: { readonly repository: ChosenRepository; readonly tag: string },
  { clock, report, engine: ask, signal }: CopyTools,
): Promise<boolean> {
  const engine = await ask();
  if (engine === undefined) return false;
  const waiting = signal === undefined ? {} : { signal };
  const own = `${source.host}/${source.path}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
  if ((await engine.inspectImage(own, waiting)) === 'absent') return false;
  report.output(`${source.host} has the image no more; the engine that runs it pushes it\n`);
  const target = referenceOf(to.target, wanted.repository, wanted.tag);
  await engine.tagImage(own, target, waiting);
  try {
    await push({ engine, clock }, to.target, target, report, waiting);
    return true;
  } finally {
    // The name was for the push alone.
    await engine.removeImage(target).catch((error: unknown) => {
      if (!isEngineError(error)) throw error;
      report.output(`${target} stays on the engine: ${describeError(error)}\n`);
    });
  }
}

function words({ blobs, finished, leftBytes }: CopyState): string {
  const left = leftBytes === 0 ? '' : `, ${formatBytes(leftBytes)} left`;
  return `copying the image: ${finished} of ${blobs} parts are there${left}`;
}

/** What is left of a copy that ended early; `label`: what people call the connection. */
export function staysWords({ name }: Pick<ChosenRepository, 'name'>, label: string): string {
  return `What was copied of the image stays in the repository ${name} of ${label}: another try goes on from there.`;
}
