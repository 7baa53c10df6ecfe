import { describeError } from '../base/log.ts';
import type { NewVolume } from '../protocol/panelCreate.ts';
import { isProblem, problem, type ProblemError } from '../protocol/problems.ts';
import type { Target } from './target.ts';

/** Volumes that were made, by id, and where each is mounted. */
export type MadeVolumes = Readonly<Record<string, string>>;

/** Somebody waits for it, so it does not take long. */
const dropWithinMs = 10_000;

/**
 * Makes volumes for a deployment that is about to be made; where one is refused, those before it go again. Making
 * them is not cancelled: whether one was made would not be known. @throws ProblemError whose fields begin with
 * `newVolumes.<index>`.
 */
export async function makeVolumes(
  target: Target,
  volumes: readonly NewVolume[],
  note: (text: string) => void,
): Promise<MadeVolumes> {
  const { api, workspaceId } = target;
  const made: Record<string, string> = {};
  for (const [index, { path, ...body }] of volumes.entries()) {
    try {
      const { id } = await api.createVolume({ params: { workspaceId }, body });
      made[id] = path;
    } catch (error) {
      await dropVolumes(target, made, note);
      throw isProblem(error) ? aboutVolume(error, index, body.name) : error;
    }
  }
  return made;
}

function aboutVolume(error: ProblemError, index: number, name: string): ProblemError {
  const at = `newVolumes.${index}`;
  const fields =
    error.code === 'resourceAlreadyExists'
      ? [{ field: `${at}.name`, message: 'is already taken' }]
      : error.fields.map(({ field, message }) => ({ field: `${at}.${field}`, message }));
  const says = `The volume ${name} cannot be made: ${error.message}`;
  return problem('wrongParameters', { says, fields, cause: error });
}

/** Takes volumes away that nothing came of; one that is mounted by now stays. It never fails, as it comes after a failure. */
export async function dropVolumes(
  { api, workspaceId }: Target,
  made: MadeVolumes,
  note: (text: string) => void,
): Promise<void> {
  for (const volumeId of Object.keys(made)) {
    try {
      const signal = AbortSignal.timeout(dropWithinMs);
      await api.deleteVolume({ params: { workspaceId, volumeId } }, { signal });
    } catch (error) {
      note(`The volume ${volumeId} stays: ${describeError(error)}\n`);
    }
  }
}
