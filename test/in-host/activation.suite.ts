import assert from 'node:assert/strict';
import * as vscode from 'vscode';

export function activationSuite(): void {
  describe('activation', () => {
    it('finds the extension in a real extension host', () => {
      assert.ok(vscode.extensions.getExtension('patr.patr-deployments'));
    });

    it("leaves everybody's fetch alone", async () => {
      await vscode.extensions.getExtension('patr.patr-deployments')?.activate();
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
