import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { CommandId } from '../../src/extension/ids.ts';
import { ProblemError } from '../../src/protocol/problems.ts';
import { parseTimestamp } from '../../src/protocol/wire.ts';
import { mostAttempts } from '../../src/client/retry.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { fakePermissions } from '../support/fakePatrHandlers.ts';
import { aDeployment, workspaceId } from '../support/fakePatrState.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function registrySuite(): void {
  describe('the registry and its tokens', () => {
    let patr: FakePatr;
    let extension: Exports;

    const answering = (script: Script): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const run = async (id: CommandId): Promise<void> => {
      await vscode.commands.executeCommand(id);
    };
    const called = (name: string): number => patr.seen.filter((one) => one.name === name).length;
    const isTold = (prompts: ScriptedPrompts, words: RegExp): Promise<void> =>
      eventually(`it is told: ${words}`, () => prompts.said.some(({ text }) => words.test(text)));
    const usage = (): string =>
      vscode.workspace.textDocuments.find(({ uri }) => uri.path.endsWith('registry.usage.txt'))?.getText() ??
      '';

    beforeEach(async () => {
      patr = await FakePatr.start();
      extension = await theExtension();
      await extension.runOn(new FakeMachine(patr));
      await showView(true);
      await eventually('the deployments are read', () => extension.model.loaded);
    });
    afterEach(async () => {
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await showView(false);
      await patr.stop();
    });

    it('show what each repository takes, and after a collection what it did', async () => {
      patr.state.repositories.set('5'.repeat(32), 'web');
      await run('patr.registry.usage');
      assert.match(usage(), /3\.1 MB: 3 images in 1 repository/);
      assert.match(usage(), /\b1 {2}1970-01-01T00:00:00\.001Z {2}web\n/);
      assert.match(usage(), /LAST COLLECTION\nNone yet\./);
      const prompts = answering({ confirm: (_, detail) => detail.includes('cannot be gone back to') });
      await run('patr.registry.collect');
      await isTold(prompts, /^2 images removed, 2 MB freed\. 1 image removed from the engine\.$/);
      await eventually('the document follows', () => usage().includes('2 images removed, 2 MB freed'));
    });

    it('collect nothing that was not agreed to, and say when to try again', async () => {
      answering({ confirm: () => false });
      await run('patr.registry.collect');
      assert.equal(called('collectRegistry'), 0);
      const busy = new ProblemError('tooManyRequests', 429, 'A collection is under way.');
      for (let tries = 0; tries < mostAttempts; tries += 1) patr.refuse('collectRegistry', busy);
      const prompts = answering({ confirm: () => true });
      await run('patr.registry.collect');
      await isTold(prompts, /busy.*Try again in a minute/);
    });

    it('sign out of the registry that was chosen, with who pulls from it, and without a password', async () => {
      const password = 'open sesame';
      patr.state.logins.push(
        { registry: 'ghcr.io', username: 'guest', password },
        { registry: 'docker.io', username: 'me', password },
      );
      const image = { registry: 'ghcr.io', imageName: 'owner/web', repositoryId: undefined } as object;
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'shop', ...image }));
      await extension.model.refresh();
      const seen: string[] = [];
      const script: Script = {
        pick: (items) => {
          seen.push(...items.map(({ label, description, detail }) => `${label} ${description} ${detail}`));
          return items[0];
        },
      };
      answering({ ...script, confirm: () => false });
      await run('patr.registry.signOut');
      assert.equal(patr.state.logins.length, 2);
      assert.deepEqual(seen, [
        'ghcr.io guest Pulled from by: shop.',
        'docker.io me No deployment pulls from it.',
      ]);
      const prompts = answering({
        confirm: (text, detail) => text.includes('ghcr.io') && detail.includes('shop'),
      });
      await run('patr.registry.signOut');
      assert.deepEqual(
        patr.state.logins.map(({ registry }) => registry),
        ['docker.io'],
      );
      await isTold(prompts, /The password for ghcr\.io is deleted/);
    });

    it('make a token that pulls and pushes until its end, tell it to the clipboard alone, and revoke it', async () => {
      const prompts = answering({ pick: (items) => items.find(({ label }) => label === '7 days') });
      const before = Date.now();
      await run('patr.apiToken.dockerLogin');
      const [token] = Array.from(patr.state.apiTokens.values());
      const end = parseTimestamp(token?.tokenExp ?? 0) ?? 0;
      const days = (end - before) / 86_400_000;
      assert.ok(days >= 7 && days < 7.1, `it is good for ${days} days`);
      const all = { permissionType: 'exclude', resources: [] };
      const rights = Object.fromEntries(fakePermissions.map(({ id }) => [id, all]));
      assert.deepEqual(token?.permissions, { [workspaceId]: { type: 'member', ...rights } });
      const secret = await vscode.env.clipboard.readText();
      assert.match(secret, /^patrv1\./);
      await isTold(prompts, /docker login 127\.0\.0\.1:5000 -u patr/);
      assert.ok(!JSON.stringify([prompts.said, prompts.asked, prompts.progressed]).includes(secret));

      answering({ confirm: () => false });
      await run('patr.apiToken.revoke');
      assert.equal(patr.state.apiTokens.size, 1);
      const revoking = answering({ confirm: (text) => text === 'Revoke the token “docker login”?' });
      await run('patr.apiToken.revoke');
      assert.equal(patr.state.apiTokens.size, 0);
      await isTold(revoking, /“docker login” is revoked/);
    });

    it('make no token when the person gives up, or for a name that is taken', async () => {
      answering({ pick: () => escape });
      await run('patr.apiToken.dockerLogin');
      answering({ input: () => escape });
      await run('patr.apiToken.dockerLogin');
      patr.state.apiTokens.set('1', { id: '1'.repeat(32), name: 'for CI', created: 1 });
      const prompts = answering({ input: () => 'for CI' });
      await run('patr.apiToken.dockerLogin');
      assert.deepEqual(prompts.refused, ['There is already a token called for CI.']);
      assert.equal(called('createApiToken'), 0);
    });

    it('offer no token to revoke but others than the own', async () => {
      const own = 'b'.repeat(32);
      patr.state.apiTokens.set(own, { id: own, name: 'the file', created: 1 });
      const prompts = answering({ confirm: () => true });
      await run('patr.apiToken.revoke');
      await isTold(prompts, /no API token to revoke/);
      assert.equal(called('revokeApiToken'), 0);
    });

    it('say of a server without them that it does not offer this', async () => {
      patr.state.capabilities = ['server'];
      // A look that is under way knows the server as it was.
      await eventually('the server was asked anew', async () => {
        await extension.runOn(new FakeMachine(patr));
        return extension.model.target()?.backend.offers('collect') === false;
      });
      for (const id of [
        'patr.registry.collect',
        'patr.registry.signOut',
        'patr.apiToken.dockerLogin',
        'patr.apiToken.revoke',
      ] as const) {
        const prompts = answering({ confirm: () => true });
        await run(id);
        await isTold(prompts, /Look-alike does not offer this/);
      }
    });
  });
}
