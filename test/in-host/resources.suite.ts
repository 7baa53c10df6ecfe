import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import type { CommandId } from '../../src/extension/ids.ts';
import type { Node } from '../../src/extension/tree/nodes.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { aDeployment } from '../support/fakePatrState.ts';
import { eventually, showView, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

const planted = ' planted-19f3 value ';

export function resourcesSuite(): void {
  describe('secrets, domains and managed URLs', () => {
    let patr: FakePatr;
    let machine: FakeMachine;
    let extension: Exports;

    const answering = (script: Script): ScriptedPrompts => {
      const prompts = new ScriptedPrompts(script);
      extension.answerWith(prompts);
      return prompts;
    };
    const run = async (id: CommandId, node?: Node): Promise<void> => {
      await vscode.commands.executeCommand(id, node);
    };
    const isTold = (prompts: ScriptedPrompts, words: RegExp): Promise<void> =>
      eventually(`it is told: ${words}`, () => prompts.said.some(({ text }) => words.test(text)));
    const children = async (node?: Node): Promise<Node[]> => extension.tree.getChildren(node);
    const labelled = (node: Node): string => {
      const { label, description } = extension.tree.getTreeItem(node);
      return `${label as string} ${description as string}`;
    };
    /** What is listed under a node of the workspace. */
    const listed = async (kind: 'secrets' | 'domains'): Promise<Node[]> => {
      const [region] = await children();
      return children((await children(region)).find((node) => node.kind === kind));
    };
    const usingSecret = (name: string, fromSecret: string, status: 'running' | 'stopped' = 'running') =>
      patr.state.put(
        aDeployment({ id: patr.state.id(), name, status, environmentVariables: { URL: { fromSecret } } }),
      );

    beforeEach(async () => {
      patr = await FakePatr.start();
      extension = await theExtension();
      patr.state.put(aDeployment({ id: patr.state.id(), name: 'web shop' }));
      machine = new FakeMachine(patr);
      await extension.runOn(machine);
      await showView(true);
      await eventually('the deployments are read', () => extension.model.loaded);
    });
    afterEach(async () => {
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await showView(false);
      await patr.stop();
    });

    it('make a secret whose value nobody is shown, and list it', async () => {
      const prompts = answering({
        input: ({ password }) => (password === true ? planted : 'database url'),
      });
      await run('patr.secret.create');
      assert.deepEqual(
        Array.from(patr.state.secrets.values(), ({ name, value }) => [name, value]),
        [['database url', planted]],
      );
      await isTold(prompts, /The secret database url is stored/);
      assert.ok(!JSON.stringify([prompts.said, prompts.asked]).includes('planted'));
      assert.deepEqual((await listed('secrets')).map(labelled), ['database url not used']);
    });

    it('rotate a secret, and roll out those that use it and run, in one go', async () => {
      patr.state.secrets.set('a'.repeat(32), { name: 'database url', value: 'old' });
      const users = [usingSecret('api', 'a'.repeat(32)), usingSecret('worker', 'a'.repeat(32))];
      usingSecret('asleep', 'a'.repeat(32), 'stopped');
      await extension.model.refresh();
      const [secret] = await listed('secrets');
      assert.equal(labelled(secret!), 'database url used by 3 deployments');
      const offered: string[] = [];
      answering({
        input: () => planted,
        pickMany: (items) => {
          offered.push(...items.map(({ label }) => label));
          return items;
        },
      });
      await run('patr.secret.rotate', secret);
      assert.equal(patr.state.secrets.get('a'.repeat(32))?.value, planted);
      assert.deepEqual(offered, ['api', 'worker']);
      const started = patr.seen.filter(({ name }) => name === 'startDeployment');
      assert.deepEqual(
        started.map(({ path }) => path.split('/').at(-2)),
        users.map(({ id }) => id),
      );
    });

    it('delete no secret that is used, and say so', async () => {
      patr.state.secrets.set('a'.repeat(32), { name: 'database url', value: 'old' });
      usingSecret('api', 'a'.repeat(32));
      const prompts = answering({ confirm: () => true });
      const [secret] = await listed('secrets');
      await run('patr.secret.delete', secret);
      await isTold(prompts, /still in use/);
      assert.equal(patr.state.secrets.size, 1);
    });

    it('rename a secret, and make a new key for all of them only when that is wanted', async () => {
      patr.state.secrets.set('a'.repeat(32), { name: 'database url', value: 'old' });
      const [secret] = await listed('secrets');
      answering({ input: () => 'main database' });
      await run('patr.secret.rename', secret);
      assert.deepEqual((await listed('secrets')).map(labelled), ['main database not used']);
      const asked = answering({ confirm: () => false });
      await run('patr.secret.rotateKey');
      assert.deepEqual(
        [asked.asked.length, patr.seen.filter(({ name }) => name === 'rotateSealingKey')],
        [1, []],
      );
      const prompts = answering({ confirm: () => true });
      await run('patr.secret.rotateKey');
      await isTold(prompts, /There is a new key; 1 stored values are sealed/);
    });

    it('give a region the keys back that this machine has a copy of', async () => {
      const key = { id: 'e'.repeat(16), madeAt: 1, key: 'planted key' };
      machine.sealingKeys = JSON.stringify({ keys: [key] });
      const prompts = answering({ confirm: () => true });
      await run('patr.secret.restoreKeys');
      await isTold(prompts, /1 stored values were sealed with a key that was lost\. All can be opened\./);
      const [asked] = patr.seen.filter(({ name }) => name === 'restoreSealingKeys');
      assert.match(JSON.stringify(asked?.body), /planted key/);
      assert.doesNotMatch(JSON.stringify([prompts.said, prompts.asked]), /planted key/);
    });

    it('add a domain, check it, give its record and delete it', async () => {
      const prompts = answering({ input: () => 'example.com', confirm: () => true });
      await run('patr.domain.add');
      await isTold(prompts, /The domain example\.com was added\./);
      const [domain] = await listed('domains');
      await run('patr.domain.copyRecord', domain);
      assert.match(await vscode.env.clipboard.readText(), /patrVerify\.example\.com/);
      await run('patr.domain.verify', domain);
      await isTold(prompts, /The domain example\.com is not verified\./);
      await run('patr.domain.delete', domain);
      assert.equal(patr.state.domains.size, 0);
    });

    it('open, copy and check a URL, and give the record that it needs', async () => {
      const answers = ['shop.localhost', 'www', '/'];
      const prompts = answering({ input: () => answers.shift() });
      const node = extension.tree.find(extension.model.all()[0]!.id);
      await run('patr.managedUrl.add', node);
      const [id, made] = Array.from(patr.state.urls)[0]!;
      const urlNode = async () => (await children(node)).find(({ kind }) => kind === 'managedUrl');
      await run('patr.managedUrl.open', await urlNode());
      await run('patr.managedUrl.copy', await urlNode());
      assert.deepEqual(
        [prompts.opened, await vscode.env.clipboard.readText()],
        [[made.address], made.address],
      );
      await run('patr.managedUrl.verify', await urlNode());
      await isTold(prompts, /leads to the region\./);
      const record = {
        type: 'CNAME' as const,
        name: 'www.shop.example',
        value: 'edge.example',
        found: [],
        present: false,
      };
      patr.state.urls.set(id, { ...made, isConfigured: false, records: [record] });
      await extension.model.resources.renew('urls');
      await run('patr.managedUrl.copyRecord', await urlNode());
      assert.match(await vscode.env.clipboard.readText(), /edge\.example/);
    });

    it('lead a URL to a deployment, with its domain made on the way, and say which record is missing', async () => {
      const answers = ['Example.com', 'www', '/shop'];
      const prompts = answering({ input: () => answers.shift() });
      const [deployment] = extension.model.all();
      const node = extension.tree.find(deployment!.id);
      await run('patr.managedUrl.add', node);
      const [url] = Array.from(patr.state.urls.values());
      assert.deepEqual(
        [url?.type, url?.address, url?.path],
        ['proxyDeployment', 'https://www.example.com/shop', '/shop'],
      );
      await isTold(
        prompts,
        /no TXT record at patrVerify\.example\.com.*The record is patrVerify\.example\.com TXT "/,
      );
      const labels = (await children(node)).map(labelled);
      assert.ok(
        labels.includes('www.example.com/shop → port 8080 · waits for its domain'),
        labels.join('\n'),
      );
      assert.deepEqual((await listed('domains')).map(labelled), ['example.com waits for its DNS record']);
    });

    it('change where a URL leads, and delete it', async () => {
      const answers = ['shop.localhost', 'www', '/old'];
      answering({ input: () => answers.shift() });
      const node = extension.tree.find(extension.model.all()[0]!.id);
      await run('patr.managedUrl.add', node);
      const urlNode = (await children(node)).find(({ kind }) => kind === 'managedUrl');
      const changes = ['/new', 'http://example.org/x?y=1'];
      answering({
        pick: (items) => items.find(({ label }) => label.includes('for good')),
        input: () => changes.shift(),
        confirm: (text) => text.includes('www.shop.localhost'),
      });
      await run('patr.managedUrl.edit', urlNode);
      const [url] = Array.from(patr.state.urls.values());
      assert.equal(url?.path, '/new');
      const wanted = { url: 'example.org/x?y=1', permanentRedirect: true, httpOnly: true };
      assert.deepEqual({ ...url, ...wanted }, url);
      await run('patr.managedUrl.delete', urlNode);
      assert.equal(patr.state.urls.size, 0);
    });
  });
}
