import { commands, type Disposable } from 'vscode';
import { commandIds, fromSelection } from '../ids.ts';
import type { RegionLog } from '../regionLog.ts';
import { retryAfter } from '../retry.ts';
import { aboutOf } from './about.ts';
import type { CommandContext } from './context.ts';

/**
 * Every command. Each shows its own problems in the same way; `onRun` is told each that is run. What they do is read
 * when the first one is run.
 */
export function registerCommands(
  context: CommandContext,
  regionLog: RegionLog,
  onRun: (id: string) => void,
): Disposable[] {
  const { notify, output } = context;
  return commandIds.map((id) => {
    const guarded = async (...args: unknown[]): Promise<void> => {
      onRun(id);
      const given = args[0] === fromSelection ? context.view.selection : args;
      const about = aboutOf(context, given[0]);
      try {
        const { commandsOf } = await import('./table.ts');
        const run = commandsOf(about, regionLog)[id];
        await (run as (...given: unknown[]) => Promise<void>)(...given);
      } catch (error) {
        void notify.problem(error, {
          retry: await retryAfter(about.model, error, () => guarded(...args)),
          showOutput: { label: 'Show output', run: () => output.show() },
        });
      }
    };
    return commands.registerCommand(id, guarded);
  });
}
