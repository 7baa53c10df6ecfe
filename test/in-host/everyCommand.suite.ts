import assert from 'node:assert/strict';
import { commandIds } from '../../src/extension/ids.ts';
import { theExtension } from './support/extension.ts';

/** Counts what was really run, whichever test ran it; of some suites alone it would say nothing. */
export function everyCommandSuite(): void {
  const filter = process.env['PATR_IN_HOST_GREP'] ?? '';
  if (filter !== '') return;
  describe('all suites together', () => {
    it('have run every command that there is', async () => {
      const { ranCommands } = await theExtension();
      assert.deepEqual(
        commandIds.filter((id) => !ranCommands.has(id)),
        [],
      );
    });
  });
}
