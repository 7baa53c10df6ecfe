import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Exports } from '../../src/extension/activate.ts';
import { EngineError, type Engine } from '../../src/docker/engine.ts';
import { back } from '../../src/extension/prompts.ts';
import { FakePatr } from '../support/fakePatr.ts';
import { eventually, inWorkspace, theExtension } from './support/extension.ts';
import { FakeMachine } from './support/fakeMachine.ts';
import { escape, ScriptedPrompts, type Script } from './support/scriptedPrompts.ts';

const stopped = 'The connection to the Docker engine broke off. Check that it runs, then try again.';

export function journeyFaultsSuite(): void {
  describe('a deployment that does not come about', () => {
    let patr: FakePatr;
    let extension: Exports;
    let builds: number;
    let building: PromiseWithResolvers<void>;

    const answering = (script: Script = {}): ScriptedPrompts => {
      const prompts = new ScriptedPrompts({ input: () => 'faulty one', ...script });
      extension.answerWith(prompts);
      return prompts;
    };
    const deploy = async (): Promise<void> => {
      await vscode.commands.executeCommand('patr.deploy', inWorkspace('Dockerfile'));
    };
    const nothingIsLeft = (): void => {
      assert.equal(patr.state.deployments.size, 0);
      assert.equal(extension.memory.of(inWorkspace('Dockerfile').toString()), undefined);
    };

    beforeEach(async () => {
      patr = await FakePatr.start();
      extension = await theExtension();
      builds = 0;
      building = Promise.withResolvers<void>();
      const engine = {
        async *build(
          context: AsyncIterable<unknown>,
          _wanted: unknown,
          { signal }: { signal?: AbortSignal } = {},
        ) {
          builds += 1;
          yield { kind: 'step', id: '1', name: 'FROM node', number: 1, of: 2, state: 'started' };
          signal?.throwIfAborted();
          const gone = new Promise<never>((_, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
          await Promise.race([building.promise, gone]);
          for await (const _ of context) break;
          throw new EngineError('unreachable', stopped);
        },
      } as unknown as Engine;
      await extension.runOn(new FakeMachine(patr, true, engine));
    });
    afterEach(async () => {
      extension.answerWith(undefined);
      await extension.runOn(undefined);
      await patr.stop();
    });

    it('because the engine stops while it builds, says so and leaves nothing behind', async () => {
      building.resolve();
      const prompts = answering();
      await deploy();
      await eventually('it is said', () => prompts.said.length > 0);
      const { severity, text, buttons } = prompts.said[0]!;
      assert.deepEqual([severity, text, buttons], ['error', stopped, ['Try again', 'Show output']]);
      nothingIsLeft();
    });

    it('because it is cancelled while it builds, says nothing and leaves nothing behind', async () => {
      const prompts = answering({
        progress: (message, cancel) => {
          if (message.includes('Building')) cancel();
        },
      });
      await deploy();
      assert.deepEqual(prompts.said, []);
      nothingIsLeft();
    });

    it('because its Dockerfile is being deployed already, says so', async () => {
      const prompts = answering();
      const first = deploy();
      await eventually('it is building', () => builds === 1);
      await deploy();
      assert.deepEqual(
        prompts.said.map(({ severity, text }) => [severity, text]),
        [['warning', 'This Dockerfile is being deployed already. Cancel that one first, or wait for it.']],
      );
      building.resolve();
      await first;
      assert.equal(builds, 1);
    });

    it('because the region is not connected, is refused before anything is built', async () => {
      const message = 'The Docker engine does not answer.';
      patr.state.region = { ...patr.state.region, connected: false, message };
      const prompts = answering();
      await deploy();
      await eventually('it is said', () => prompts.said.length > 0);
      assert.match(prompts.said[0]!.text, /The region local is not connected\. The Docker engine/);
      assert.equal(builds, 0);
      nothingIsLeft();
    });

    it('because the person goes back and gives up, asks nothing further', async () => {
      let times = 0;
      const prompts = answering({
        input: () => back,
        pick: (items) => {
          times += 1;
          return times === 1 ? items[0] : escape;
        },
      });
      await deploy();
      assert.deepEqual(prompts.asked, ['Deploy to Patr', 'Name of the deployment', 'Deploy to Patr']);
      assert.equal(builds, 0);
    });
  });
}
