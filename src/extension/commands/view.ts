import { back } from '../prompts.ts';
import type { CommandContext } from './context.ts';

/** Reads everything again, and draws it again: parts that could not be read are asked for once more. */
export async function refreshCommand({
  models,
  prompts,
  tree,
}: Pick<CommandContext, 'models' | 'prompts' | 'tree'>): Promise<void> {
  await prompts.busy(() => models.refresh());
  tree.refresh();
}

/** Filters while one types; Escape brings the filter before back. */
export async function filterCommand({
  prompts,
  tree,
}: Pick<CommandContext, 'prompts' | 'tree'>): Promise<void> {
  const before = tree.filter;
  const typed = await prompts.input({
    title: 'Filter deployments',
    placeholder: 'Words of the name, status, tag or address, such as “errored” or “web”. Empty shows all.',
    value: before,
    check: () => undefined,
    onType: (value) => tree.setFilter(value),
  });
  tree.setFilter(typed === undefined || typed === back ? before : typed);
}
