import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function deployImageSuite(): void {
  describe('deploying an image', () => {
    let patr: FakePatr;
    let extension: Exports;

    const answering = (script: Script): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const run = async (): Promise<void> => {
      await vscode.commands.executeCommand('patr.deployImage');
    };
    const made = () => Array.from(patr.state.deployments.values());
    const image = 'ghcr.io/owner/web:v3';
    /** Answers by what is asked, and what is suggested otherwise. */
    const by =
      (answers: Readonly<Record<string, string | typeof escape>>): NonNullable<Script['input']> =>
      ({ title, placeholder, password }) => {
        const question = password === true ? 'password' : placeholder.includes('User name') ? 'user' : title;
        return answers[question];
      };

    beforeEach(async () => {
      patr = await FakePatr.start();
      extension = await theExtension();
      await extension.runOn(new FakeMachine(patr));
      await showView(true);
    });
    afterEach(async () => {
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
    });

    it('looks for it, takes its port, asks for a name, and says that nothing is rolled out by itself', async () => {
      const prompts = answering({ input: by({ 'Deploy an image': image }) });
      await run();
      const [one] = made();
      assert.deepEqual(
        [one?.name, one?.registry, one?.imageTag, Object.keys(one?.ports ?? {})],
        ['web-app', 'ghcr.io', 'v3', ['8080']],
      );
      assert.equal(one?.deployOnPush, false);
      assert.deepEqual(prompts.asked, ['Deploy an image', 'Name of the deployment']);
      const told = () =>
        prompts.said.find(({ text }) => /is serving at .* is not rolled out by itself/.test(text));
      await eventually('it is told', () => told() !== undefined);
      assert.deepEqual(told()?.buttons, ['Open', 'Logs', 'Manage']);
    });

    it('asks for the credentials of what is not for everybody, tries them, and keeps what is good', async () => {
      patr.state.imageCheck = (username) =>
        username === 'guest'
          ? { outcome: 'found', digest: 'sha256:1', size: 1, ports: {} }
          : { outcome: 'denied', message: 'It is private.' };
      const answers = { 'Deploy an image': image, user: 'guest', password: ' open sesame ' };
      const prompts = answering({ input: by(answers) });
      await run();
      assert.deepEqual(patr.state.logins, [
        { registry: 'ghcr.io', username: 'guest', password: ' open sesame ' },
      ]);
      assert.ok(prompts.asked.includes('Sign in to ghcr.io'));
      assert.ok(prompts.asked.includes('Port of the application'));
      assert.equal(made().length, 1);
    });

    it('leaves no password and no value of a secret in what the extension prints', async () => {
      const [password, value] = ['open sesame 51c9', 'planted-90d2-value'];
      answering({
        input: ({ password: hidden, title, placeholder }) =>
          hidden === true
            ? value
            : title.includes('secret') || placeholder !== ''
              ? 'database url'
              : undefined,
      });
      await vscode.commands.executeCommand('patr.secret.create');
      assert.deepEqual(
        Array.from(patr.state.secrets.values(), (secret) => secret.value),
        [value],
      );
      patr.state.imageCheck = (username) =>
        username === 'guest'
          ? { outcome: 'found', digest: 'sha256:1', size: 1, ports: {} }
          : { outcome: 'denied', message: 'It is private.' };
      answering({ input: by({ 'Deploy an image': 'ghcr.io/owner/printed:v9', user: 'guest', password }) });
      await run();
      assert.equal(patr.state.logins.at(-1)?.password, password);
      await vscode.commands.executeCommand('patr.output.show');
      const shown = () =>
        vscode.workspace.textDocuments
          .filter(({ uri }) => uri.scheme === 'output')
          .map((document) => document.getText())
          .find((text) => text.includes('from ghcr.io/owner/printed:v9'));
      await eventually('the output is shown', () => shown() !== undefined);
      for (const secret of [password, value]) assert.ok(!shown()?.includes(secret));
    });

    it('makes nothing and keeps nothing when the person gives up signing in', async () => {
      patr.state.imageCheck = () => ({ outcome: 'denied', message: 'It is private.' });
      answering({ input: by({ 'Deploy an image': image, user: escape }) });
      await run();
      assert.deepEqual([made(), patr.state.logins], [[], []]);
    });

    it('says what the registry answered, and makes nothing', async () => {
      patr.state.imageCheck = () => ({ outcome: 'notFound', message: 'ghcr.io has no image owner/web:v3.' });
      const prompts = answering({ input: by({ 'Deploy an image': image }) });
      await run();
      await eventually('it is told', () => prompts.said.some(({ text }) => text.includes('has no image')));
      assert.deepEqual(made(), []);
    });

    it('takes what is an image with a tag, and nothing else', async () => {
      for (const text of ['not an image', `nginx@sha256:${'a'.repeat(64)}`, '']) {
        const prompts = answering({ input: by({ 'Deploy an image': text }) });
        await run();
        assert.equal(prompts.refused.length, 1, text);
      }
      assert.deepEqual(made(), []);
    });
  });
}
