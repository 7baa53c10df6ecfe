import { StatusBarAlignment, window } from 'vscode';
import { DisposableStore } from '../../base/disposable.ts';
import type { CommandId } from '../ids.ts';
import type { Models } from '../model/models.ts';
import { connectionLook } from '../tree/connectionLook.ts';
import type { CurrentConnection } from './current.ts';

/** Where new deployments go, in the status bar. With one connection there is nothing to say. */
export function currentStatus(models: Models, current: CurrentConnection): DisposableStore {
  const held = new DisposableStore();
  const item = held.add(window.createStatusBarItem('patr.connection', StatusBarAlignment.Left, 9));
  item.name = 'Patr connection';
  item.command = 'patr.connection.switch' satisfies CommandId;
  const update = (): void => {
    if (models.all().length < 2) return item.hide();
    const { connection } = models.current;
    const { icon, words } = connectionLook(connection);
    const state = words === '' ? '' : ` It is ${words}.`;
    item.text = `$(${icon}) ${connection.label}`;
    item.tooltip = `Patr: commands of the palette mean ${connection.label} (${connection.description}).${state} Select this to switch.`;
    item.accessibilityInformation = {
      label: `Patr connection ${connection.label}, ${connection.description}${words === '' ? '' : `, ${words}`}`,
    };
    item.show();
  };
  held.add(models.onModels(update));
  held.add(models.onConnection(update));
  held.add(current.onChange(update));
  update();
  return held;
}
