import { connectionFacts } from '../tree/connectionLook.ts';
import { back } from '../prompts.ts';
import type { CommandContext } from './context.ts';

/** Which connection commands of the palette mean from now on. */
export async function switchConnectionCommand(context: CommandContext): Promise<void> {
  const { current, models, notify, prompts } = context;
  if (models.all().length === 1)
    return notify.done(
      'There is no other connection to switch to. “Sign In…” connects to Patr’s cloud or to a server of your own.',
    );
  const meant = models.current;
  const items = models.all().map(({ connection }) => ({
    label: `${connection === meant.connection ? '$(check)' : '$(blank)'} ${connection.label}`,
    description: connectionFacts(connection),
    id: connection.id,
  }));
  const chosen = await prompts.pick(items, {
    title: 'Switch connection',
    placeholder: 'Which one shall commands of the palette mean in this workspace?',
  });
  if (chosen !== undefined && chosen !== back) await current.set(chosen.id);
}

/** Asks a server again that did not answer, and reads what is deployed there. */
export async function tryAgainCommand({ model, prompts }: CommandContext): Promise<void> {
  await prompts.busy(() => model.refresh());
}
