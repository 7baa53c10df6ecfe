import { describeError } from '../../base/log.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { isCancelled } from '../notify.ts';
import { back } from '../prompts.ts';
import { volumeDataWords } from '../volumes/volumeData.ts';
import { archiveVolumes, measureVolumeData } from './archiveVolumes.ts';
import { targetOf, type CommandContext } from './context.ts';

/** What is about to take data with it. */
export interface Loss {
  /** Names what is about to be done: `Delete web shop`. */
  readonly title: string;
  /** The entry that goes on without saving anything. */
  readonly without: string;
  /** Data of instances from this one on. */
  readonly from: number;
}

/** Where data would go it can be saved first. `givenUp`: then nothing may be deleted. */
export async function offerArchive(
  context: CommandContext,
  deployment: Pick<Deployment, 'id' | 'name'>,
  { title, without, from }: Loss,
): Promise<'goOn' | 'givenUp'> {
  const found = await dataThatGoes(context, deployment, from);
  if (found === 'nothing') return 'goOn';
  const save = { label: '$(save) Save the data first…', description: found.words };
  const goOn = { label: `$(trash) ${without}` };
  const items = found.readable ? [save, goOn] : [goOn];
  const placeholder = found.readable ? 'The data in its volumes is deleted.' : found.words;
  const chosen = await context.prompts.pick(items, { title, placeholder });
  if (chosen === undefined || chosen === back) return 'givenUp';
  if (chosen !== save) return 'goOn';
  return (await archiveVolumes(context, deployment, { from })) ? 'goOn' : 'givenUp';
}

/** What is known of the data. What cannot be read now can be deleted all the same. @throws when it is cancelled. */
async function dataThatGoes(
  context: CommandContext,
  { id, name }: Pick<Deployment, 'id' | 'name'>,
  from: number,
): Promise<'nothing' | { readonly readable: boolean; readonly words: string }> {
  const target = await targetOf(context);
  if (!target.backend.offers('volumeData')) return 'nothing';
  try {
    const all = await measureVolumeData(context, target, { id, name });
    const data = all.filter(({ instance }) => instance >= from);
    return data.length === 0 ? 'nothing' : { readable: true, words: volumeDataWords(data) };
  } catch (error) {
    if (isCancelled(error)) throw error;
    return { readable: false, words: `What is in its volumes cannot be read now: ${describeError(error)}` };
  }
}
