import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import { EngineError } from '../../src/docker/engine.ts';
import { EngineSource } from '../../src/extension/engineSource.ts';
import { eventually, showView, theExtension } from './support/extension.ts';

export function welcomeSuite(): void {
  describe('what the view says when there is nothing to list', () => {
    let extension: Exports;
    const socket = join(tmpdir(), `patr-${randomBytes(4).toString('hex')}.sock`);
    const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('patr');
    const useEngine = async (address: string | undefined): Promise<void> => {
      await settings().update('docker.host', address, vscode.ConfigurationTarget.Global);
      await extension.connection.look();
    };
    const kind = (): string => extension.connection.state().kind;
    const message = (): string => {
      const state = extension.connection.state();
      return 'message' in state ? state.message : '';
    };

    before(async () => {
      extension = await theExtension();
      await extension.runOn(undefined);
    });
    afterEach(async () => {
      await useEngine(undefined);
      await rm(socket, { force: true });
    });

    it('tells an engine that is not there', async () => {
      await useEngine(`unix://${socket}`);
      assert.equal(kind(), 'noEngine');
      assert.match(message(), /Docker/);
    });

    it('tells an engine that is there and does not answer', async () => {
      // The file of a socket that nobody listens on, as an engine leaves it behind.
      const server = createServer().listen(`${socket}.live`);
      await once(server, 'listening');
      await rename(`${socket}.live`, socket);
      server.close();
      await once(server, 'close');
      await useEngine(`unix://${socket}`);
      assert.equal(kind(), 'engineStopped');
    });

    it('tells an engine that is too old', async () => {
      const server = createHttp((_, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ Version: '1.13.1', ApiVersion: '1.26', MinAPIVersion: '1.12' }));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      await useEngine(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
      server.close();
      server.closeAllConnections();
      assert.equal(kind(), 'engineTooOld');
    });

    it('tells a socket that this user may not use', async () => {
      // Whoever runs the tests may use every socket, so the refusal is made by hand.
      const refusing = new EngineSource({
        load: () =>
          ({
            openEngine: () => ({
              info: async () => {
                throw new EngineError('forbidden', 'permission denied on the socket');
              },
              dispose: () => undefined,
            }),
            dockerCredentials: () => ({}),
          }) as never,
        dockerHost: () => 'unix:///var/run/docker.sock',
        trusted: () => true,
        onProblem: () => undefined,
      });
      await extension.runOn({
        engines: refusing,
        makeHost: () => {
          throw new Error('There is no engine to run it on.');
        },
      });
      assert.equal(kind(), 'engineForbidden');
      refusing.dispose();
      await extension.runOn(undefined);
    });

    it('tells an address that is none', async () => {
      await useEngine('ftp://somewhere');
      assert.equal(kind(), 'failed');
      assert.match(message(), /patr\.docker\.host.*unix:\/\//);
    });

    it('offers to start the region on an engine that has none', async () => {
      await useEngine(undefined);
      assert.equal(kind(), 'notStarted');
    });

    it('looks again by itself while somebody looks at the view', async () => {
      let answers = false;
      await extension.runOn({
        engines: {
          state: async () =>
            answers
              ? { kind: 'stopped', message: 'It does not answer.' }
              : { kind: 'ready', engine: {} as never, socket: '', where: '' },
        },
        makeHost: () => ({ find: async () => ({ kind: 'starting' }) }) as never,
      });
      assert.equal(kind(), 'starting');
      await showView(true);
      answers = true;
      await eventually('it was looked again', () => kind() === 'engineStopped');
      await showView(false);
      await extension.runOn(undefined);
    });
  });
}
