import { marker } from './marker.ts';
import { theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';

/**
 * Entry that VS Code calls inside the extension host: puts a look-alike of Patr in the place of the local region, and
 * leaves the workbench to whoever drives it from the outside. It ends with the editor.
 */
export async function run(): Promise<void> {
  const url = process.env['PATR_LOOK_ALIKE'];
  if (url === undefined) throw new Error('PATR_LOOK_ALIKE names no server.');
  const extension = await theExtension();
  await extension.runOn(new FakeMachine({ url }));
  console.log(`${marker}staged`);
  await new Promise(() => undefined);
}
