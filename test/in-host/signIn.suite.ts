import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import * as vscode from 'vscode';
import { WebSocketServer } from 'ws';
import type { Exports } from '../../src/extension/activate.ts';
import type { Connection } from '../../src/extension/connections/connection.ts';
import type { Credential } from '../../src/control-plane/tls/authority.ts';
import { HttpProxy } from '../support/httpProxy.ts';
import { startCurrent } from '../support/patr/current.ts';
import type { PatrDouble } from '../support/patr/double.ts';
import { patrId } from '../support/patr/world.ts';
import { selfSigned, TlsFront } from '../support/tls.ts';
import { eventually, theExtension } from './support/extension.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

export function signInSuite(): void {
  describe('signing in to Patr', () => {
    let extension: Exports;
    let patr: PatrDouble;
    let front: TlsFront;
    let certificate: Credential;

    before(async () => {
      extension = await theExtension();
      certificate = await selfSigned('patr.test', ['patr.test']);
    });
    beforeEach(async () => {
      patr = await startCurrent();
      front = await TlsFront.start(patr.url, certificate);
    });
    afterEach(async () => {
      const { accounts } = extension;
      for (const { id } of await accounts.sessions.all()) await accounts.signOut(id);
      await accounts.connections.remove(connections().map(({ id }) => id));
      extension.answerWith(undefined);
      await front.stop();
      await patr.stop();
    });

    const connections = (): readonly Connection[] =>
      extension.accounts.connections.all().filter(({ id }) => id !== 'local');
    const only = (): Connection => {
      const [connection, ...rest] = connections();
      assert.ok(connection !== undefined && rest.length === 0, `${connections().length} connections`);
      return connection;
    };
    const kind = (connection = only()): string => connection.state().kind;
    const labelsOfAccounts = async (): Promise<string[]> =>
      (await vscode.authentication.getAccounts('patr')).map(({ label }) => label);

    /** Answers as somebody who has this address and this token. */
    const person = (url: string, token: string, script: Script = {}): ScriptedPrompts =>
      new ScriptedPrompts({
        pick: (items) => items.find(({ label }) => label.includes('Another server')),
        input: ({ password }) => (password === true ? token : url),
        ...script,
      });
    const run = async (
      command: string,
      prompts: ScriptedPrompts,
      meant?: Connection,
    ): Promise<ScriptedPrompts> => {
      extension.answerWith(prompts);
      await vscode.commands.executeCommand(
        command,
        ...(meant === undefined ? [] : [{ kind: 'connection', id: '', connection: meant }]),
      );
      return prompts;
    };
    const signIn = (prompts = person(patr.url, patr.world.token)): Promise<ScriptedPrompts> =>
      run('patr.account.signIn', prompts);

    it('connects to the workspace of a token, tells who is signed in, and keeps the token in the key store alone', async () => {
      const prompts = await signIn();
      assert.equal(kind(), 'connected');
      assert.equal(only().label, 'acme');
      assert.equal(only().description, new URL(patr.url).host);
      assert.match(prompts.said.at(-1)?.text ?? '', /asha is signed in to 127\.0\.0\.1:\d+; acme/);
      assert.deepEqual(await labelsOfAccounts(), [`asha (${new URL(patr.url).host})`]);
      const places = JSON.stringify(extension.accounts.connections.places());
      assert.ok(places.includes('acme') && !places.includes('patrv1'));
    });

    it('asks which workspaces when there are several, and for others later', async () => {
      patr.world.workspaces.push({ id: patrId(0xb1), name: 'beta' }, { id: patrId(0xb2), name: 'gamma' });
      let offered: readonly (string | undefined)[] = [];
      const pickMany: Script['pickMany'] = (items) => {
        offered = items.map(({ label, picked }) => `${label}${picked === true ? ', ticked' : ''}`);
        return items.filter(({ label }) => label !== 'beta');
      };
      await signIn(person(patr.url, patr.world.token, { pickMany }));
      assert.deepEqual(offered, ['acme, ticked', 'beta', 'gamma']);
      assert.deepEqual(
        connections().map(({ label }) => label),
        ['acme', 'gamma'],
      );
      const other: Script['pickMany'] = (items) => {
        offered = items.map(({ label, description }) => `${label} ${description}`);
        return items.filter(({ label }) => label === 'beta');
      };
      await run('patr.connection.add', new ScriptedPrompts({ pickMany: other }));
      assert.deepEqual(offered, ['acme connected', 'beta ', 'gamma connected']);
      assert.deepEqual(
        connections().map((one) => [one.label, kind(one)]),
        [
          ['acme', 'connected'],
          ['gamma', 'connected'],
          ['beta', 'connected'],
        ],
      );
    });

    it('says what is wrong with an address or a token where it was typed, and keeps nothing', async () => {
      const nobody = await startCurrent();
      const { url: nowhere } = nobody;
      await nobody.stop();
      const unknown = `patrv1.${'0'.repeat(32)}.${'1'.repeat(32)}`;
      for (const [prompts, says] of [
        [person('ftp://patr.test', ''), /over https/],
        [person(nowhere, ''), /nothing answers there/],
        [person(`${patr.url}/elsewhere`, ''), /not as Patr does/],
        [person(patr.url, 'hunter2'), /begins with “patrv1\.”/],
        [person(patr.url, unknown), /does not take this token: it is unknown, expired or revoked\./],
      ] as const) {
        await signIn(prompts);
        assert.equal(prompts.refused.length, 1);
        assert.match(prompts.refused[0] ?? '', says);
      }
      assert.deepEqual(connections(), []);
      assert.deepEqual(await labelsOfAccounts(), []);
    });

    it('opens the page where tokens are made at a button', async () => {
      const prompts: ScriptedPrompts = person(patr.url, '', {
        input: ({ password, button }) => {
          if (password !== true) return patr.url;
          void button?.run();
          return escape;
        },
      });
      await signIn(prompts);
      assert.deepEqual(prompts.opened, [`${patr.url}/`]);
      assert.deepEqual(connections(), []);
    });

    it('asks for the token alone when it is refused, and everything is as it was', async () => {
      await signIn();
      const before = only();
      patr.world.token = `patrv1.${'2'.repeat(32)}.${'3'.repeat(32)}`;
      await before.look();
      assert.equal(kind(before), 'signedOut');
      const prompts = await run('patr.account.signIn', person('', patr.world.token), before);
      assert.deepEqual(prompts.asked, [`Sign in to ${new URL(patr.url).host}`]);
      await eventually('it is connected again', () => kind() === 'connected');
      assert.equal(only(), before);
      assert.equal((await labelsOfAccounts()).length, 1);
    });

    it('sends nothing without encryption elsewhere unless it is wanted', async () => {
      const prompts = await signIn(person('http://patr.test', patr.world.token));
      assert.match(prompts.asked.at(-1) ?? '', /without encryption/);
      assert.match(prompts.refused[0] ?? '', /Nothing was sent/);
    });

    it('shows a certificate that is not trusted, and takes no other one once it is', async () => {
      const { fingerprint256 } = new X509Certificate(certificate.certificate);
      let detail = '';
      const confirm = (answer: boolean): Script => ({
        confirm: (_, told) => {
          detail = told;
          return answer;
        },
      });
      const refusing = await signIn(person(front.url, patr.world.token, confirm(false)));
      assert.match(refusing.refused[0] ?? '', /signed by itself.*nothing was sent/);
      assert.ok(detail.includes(`SHA-256: ${fingerprint256}`) && detail.includes('Subject: CN=patr.test'));
      assert.deepEqual(
        patr.asked.filter((line) => !line.startsWith('HEAD /')),
        [],
      );

      await signIn(person(front.url, patr.world.token, confirm(true)));
      assert.equal(kind(), 'connected');
      assert.match(only().description, /self-signed, pinned/);

      front.show(await selfSigned('patr.test', ['patr.test']));
      await only().look();
      assert.equal(kind(), 'certificateRefused');
      await run('patr.connection.reviewCertificate', new ScriptedPrompts(confirm(true)), only());
      assert.ok(detail.includes(`Trusted until now: ${fingerprint256}`), detail);
      assert.equal(kind(), 'connected');
      const stop: Script = { message: (_, buttons) => buttons.find((label) => label.startsWith('Stop')) };
      await run('patr.connection.reviewCertificate', new ScriptedPrompts(stop));
      await eventually('it is refused again', () => kind() === 'certificateRefused');
    });

    it('takes a workspace out of the view, and back', async () => {
      await signIn();
      const { id } = only();
      const prompts = await run('patr.connection.remove', new ScriptedPrompts(), only());
      assert.deepEqual(connections(), []);
      assert.match(prompts.said.at(-1)?.text ?? '', /goes on/);
      assert.equal((await labelsOfAccounts()).length, 1);
      const again: Script = { message: () => 'Connect again' };
      await run('patr.connection.add', new ScriptedPrompts());
      await run('patr.connection.remove', new ScriptedPrompts(again));
      await eventually('it is back', () => connections().length === 1);
      assert.equal(only().id, id);
    });

    it('signs out: the token is gone, and what was connected with it', async () => {
      await signIn();
      const told: string[] = [];
      const listening = vscode.authentication.onDidChangeSessions(({ provider }) => told.push(provider.id));
      await run('patr.account.signOut', new ScriptedPrompts({ pick: (items) => items[0] }));
      assert.equal(connections().length, 1, 'it was not confirmed');
      const prompts = await run('patr.account.signOut', new ScriptedPrompts({ confirm: () => true }));
      assert.match(prompts.asked.at(-1) ?? '', /^Sign out of .* as asha\?$/);
      assert.deepEqual(connections(), []);
      assert.deepEqual(await labelsOfAccounts(), []);
      assert.deepEqual(await extension.accounts.sessions.all(), []);
      await eventually('the editor was told', () => told.includes('patr'));
      listening.dispose();
    });

    describe('behind a proxy', () => {
      let proxy: HttpProxy;
      let sockets: WebSocketServer;
      let streams: TlsFront;
      const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('http');
      const confirming: Script = { confirm: () => true };

      beforeEach(async () => {
        sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
        await once(sockets, 'listening');
        sockets.on('connection', (socket) => {
          socket.send('a line');
          socket.close(1000);
        });
        const { port } = sockets.address() as { port: number };
        streams = await TlsFront.start(`http://127.0.0.1:${port}`, certificate);
        proxy = await HttpProxy.start({
          'patr.test': front.port,
          'streams.test': streams.port,
          'plain.test': Number(new URL(patr.url).port),
        });
        await settings().update('proxy', proxy.url, vscode.ConfigurationTarget.Global);
      });
      afterEach(async () => {
        await settings().update('proxy', undefined, vscode.ConfigurationTarget.Global);
        await proxy.stop();
        await streams.stop();
        sockets.close();
      });

      /** The editor may have asked for something of its own. */
      const asked = (): string[] => proxy.asked.filter((line) => line.includes('.test'));
      const follow = (url: string): Promise<string[]> => {
        const { openSocket } = extension.accounts.ways.to(url, patr.world.token);
        assert.ok(openSocket);
        const options = { headers: {}, timeoutMs: 20_000, signal: undefined };
        return Array.fromAsync(openSocket(url.replace('http', 'ws'), options));
      };

      it('reaches a server with a pinned certificate through it, streams included', async () => {
        await signIn(person('https://patr.test', patr.world.token, confirming));
        assert.equal(kind(), 'connected');
        assert.deepEqual(new Set(asked()), new Set(['CONNECT patr.test:443']));
        const { trust } = extension.accounts;
        const pem = certificate.certificate;
        await trust.pin('https://streams.test', { sha256: new X509Certificate(pem).fingerprint256, pem });
        assert.deepEqual(await follow('https://streams.test'), ['', 'a line']);
        assert.equal(asked().at(-1), 'CONNECT streams.test:443');
        await trust.forget('https://streams.test');
      });

      it('goes past it where the editor is told to', async () => {
        await settings().update('noProxy', ['patr.test'], vscode.ConfigurationTarget.Global);
        try {
          const prompts = await signIn(person('https://patr.test', patr.world.token, confirming));
          assert.match(prompts.refused[0] ?? '', /does not know this name/);
          assert.deepEqual(asked(), []);
        } finally {
          await settings().update('noProxy', undefined, vscode.ConfigurationTarget.Global);
        }
      });

      it('reaches a server by the editor’s own ways through it', async () => {
        await signIn(person('http://plain.test', patr.world.token, confirming));
        assert.equal(kind(), 'connected');
        assert.match(only().description, /not encrypted/);
        assert.ok(
          asked().some((line) => line.includes('plain.test')),
          proxy.asked.join(', '),
        );
      });
    });
  });
}
