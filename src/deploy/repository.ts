import { describeError } from '../base/log.ts';
import { isProblem } from '../protocol/problems.ts';
import type { Target } from './target.ts';

export interface ChosenRepository {
  readonly id: string;
  readonly name: string;
  /** Made by this journey: it goes again when nothing comes of it. */
  readonly fresh: boolean;
}

/** The person waits for it, so it does not take long. */
const dropWithinMs = 10_000;

interface Waiting {
  readonly signal?: AbortSignal;
}

/**
 * The repository of that name, made if there is none. Making it is not cancelled: whether it was made would not be
 * known, and it could not be taken away again.
 */
export async function ensureRepository(
  target: Target,
  name: string,
  waiting: Waiting,
): Promise<ChosenRepository> {
  const there = await findRepository(target, name, waiting);
  if (there !== undefined) return { id: there, name, fresh: false };
  const { api, workspaceId } = target;
  waiting.signal?.throwIfAborted();
  try {
    const { id } = await api.createRepository({ params: { workspaceId }, body: { name } });
    return { id, name, fresh: true };
  } catch (error) {
    // Somebody else made it in between, which is as good.
    const found = isProblem(error, 'resourceAlreadyExists')
      ? await findRepository(target, name, waiting)
      : undefined;
    if (found === undefined) throw error;
    return { id: found, name, fresh: false };
  }
}

async function findRepository(target: Target, name: string, waiting: Waiting): Promise<string | undefined> {
  const { api, workspaceId } = target;
  const rows = api.pages(
    'listRepositories',
    { params: { workspaceId } },
    ({ repositories }) => repositories,
    waiting,
  );
  for await (const repository of rows) if (repository.name === name) return repository.id;
  return undefined;
}

/**
 * Takes a repository away that this journey made; one that is used by now stays. It never fails: it comes after
 * something else that failed, and that is what a person has to read.
 */
export async function dropRepository(
  target: Target,
  repository: ChosenRepository,
  note: (text: string) => void,
): Promise<void> {
  if (!repository.fresh) return;
  const params = { workspaceId: target.workspaceId, repositoryId: repository.id };
  try {
    await target.api.deleteRepository({ params }, { signal: AbortSignal.timeout(dropWithinMs) });
  } catch (error) {
    note(`The repository ${repository.name} stays: ${describeError(error)}\n`);
  }
}

export function referenceOf(target: Target, repository: { readonly name: string }, tag: string): string {
  return `${target.backend.registry.host}/${target.workspaceId}/${repository.name}:${tag}`;
}
