import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { marker } from './marker.ts';

export function activationSuite(): void {
  describe('activation', () => {
    it('finds the extension in a real extension host', () => {
      assert.ok(vscode.extensions.getExtension('patr.patr-deployments'));
    });

    it('activates', async () => {
      const extension = vscode.extensions.getExtension('patr.patr-deployments');
      // The sample wakes the extension by itself; then there is nothing to measure.
      const asleep = extension?.isActive === false;
      const started = performance.now();
      await extension?.activate();
      if (asleep) console.log(`${marker}figure extension.activation_ms ${performance.now() - started}`);
      assert.equal(extension?.isActive, true);
    });

    it("leaves everybody's fetch alone", () => {
      const globals = globalThis as unknown as Record<symbol, unknown>;
      const dispatcher = globals[Symbol.for('undici.globalDispatcher.1')];
      const constructorName = dispatcher?.constructor.name;
      assert.ok(
        constructorName === undefined ||
          constructorName === 'Agent' ||
          constructorName === 'EnvHttpProxyAgent',
      );
    });
  });
}
