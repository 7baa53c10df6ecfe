import { regionWords } from '../deploy/regionWords.ts';
import type { CommandContext } from './context.ts';
import { isTrusted } from './trust.ts';

/** Starts the local region, or upgrades it when this extension is newer. */
export async function startRegionCommand(context: CommandContext): Promise<void> {
  const { local, prompts, output } = context;
  if (!(await isTrusted(context))) return;
  try {
    await prompts.progress('Local region', (report, signal) =>
      local.start((progress) => report({ message: `${regionWords(progress)}…` }), signal),
    );
  } catch (error) {
    if (error instanceof Error && 'output' in error && Array.isArray(error.output)) {
      output.append(error.output.join('\n'));
    }
    throw error;
  }
}

/** Stops the control plane; deployments go on serving, and nothing is lost. */
export async function stopRegionCommand({ local, notify, prompts }: CommandContext): Promise<void> {
  const { host } = await local.host();
  await prompts.progress('Stopping the control plane', (_, signal) => host.stop({ signal }));
  local.gone();
  await notify.done(
    'The control plane is stopped. Deployments go on serving; nothing looks after them until it is started again.',
  );
}

/** Removes everything that the local region has on the engine, after saying what that is. */
export async function removeRegionCommand({ local, models, notify, prompts }: CommandContext): Promise<void> {
  const { host } = await local.host();
  const { containers, volumes, networks } = await host.inventory();
  if (containers.length + volumes.length + networks.length === 0) {
    await notify.done('There is nothing of a local region on this engine.');
    return;
  }
  const deployments = models.local.all().map(({ name }) => name);
  const detail = [
    'All of this is deleted, with the data in it. This cannot be undone.',
    ...line('Deployments', deployments),
    ...line('Containers', containers),
    ...line('Volumes', volumes),
    ...line('Networks', networks),
  ].join('\n\n');
  if (
    !(await prompts.confirm(
      'Remove the local region and every deployment in it?',
      detail,
      'Remove everything',
    ))
  )
    return;
  await prompts.progress('Removing the local region', (_, signal) => host.remove({ signal }));
  local.gone();
  await notify.done('The local region is removed.');
}

/** More names than these are counted: a dialog has no scroll bar. */
const mostNames = 12;

function line(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rest = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return [`${what}: ${names.slice(0, mostNames).join(', ')}${rest}`];
}
