import assert from 'node:assert/strict';
import { PreflightFailed } from '../../../src/deploy/errors.ts';
import { BuildFailure } from '../../../src/docker/engine.ts';
import { DeployMemory } from '../../../src/extension/deploy/memory.ts';
import { Notify, type ActionTable } from '../../../src/extension/notify.ts';
import type { Prompts } from '../../../src/extension/prompts.ts';
import { problem } from '../../../src/protocol/problems.ts';

describe('what is told about a problem', () => {
  let said: { severity: string; text: string; buttons: readonly string[] }[];
  let logged: unknown[];
  let ran: string[];
  let press: string | undefined;

  const notify = (): Notify => {
    const prompts = {
      message: async (severity: string, text: string, buttons: readonly string[]) => {
        said.push({ severity, text, buttons });
        return press;
      },
    } as unknown as Prompts;
    return new Notify(prompts, (error) => logged.push(error));
  };
  const table: ActionTable = Object.fromEntries(
    (['retry', 'showOutput', 'openDockerfile', 'chooseName'] as const).map((next) => [
      next,
      { label: next, run: () => ran.push(next) },
    ]),
  );

  beforeEach(() => {
    [said, logged, ran, press] = [[], [], [], undefined];
  });

  it('is nothing when the person gave up', async () => {
    const cancelled = Object.assign(new Error('Canceled'), { name: 'Canceled' });
    await notify().problem(new DOMException('aborted', 'AbortError'), table);
    await notify().problem(cancelled, table);
    assert.deepEqual([said, logged], [[], []]);
  });

  it('is where a Dockerfile does not build and what was said there, with a way to it', async () => {
    const failure = new BuildFailure('exit code 1', {
      step: '[2/3] RUN npm ci',
      line: 7,
      output: ['npm error 404 left-pad', ''],
    });
    await notify().problem(failure, table);
    assert.deepEqual(said, [
      {
        severity: 'error',
        text: 'The Dockerfile does not build at RUN npm ci (line 7): npm error 404 left-pad',
        buttons: ['openDockerfile', 'showOutput'],
      },
    ]);
  });

  it('is the sentence of the server, with another try', async () => {
    press = 'retry';
    await notify().problem(problem('engineUnreachable'), table);
    assert.equal(said[0]?.text, 'The container engine does not answer.');
    assert.deepEqual(said[0]?.buttons, ['retry', 'showOutput']);
    assert.deepEqual(ran, ['retry']);
  });

  it('is another name where the name is taken', async () => {
    const taken = { severity: 'stop', code: 'nameTaken', message: 'There is one already.' } as const;
    await notify().problem(new PreflightFailed([taken]), table);
    assert.deepEqual(said[0]?.buttons, ['chooseName']);
  });
});

describe('what a workspace remembers', () => {
  const memory = (): DeployMemory => {
    const kept = new Map<string, unknown>();
    const state = {
      keys: () => Array.from(kept.keys()),
      get: (key: string, usual?: unknown) => kept.get(key) ?? usual,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    };
    return new DeployMemory(state as never, (error) => {
      throw error;
    });
  };

  it('leads from a Dockerfile to its deployment and back, until that is forgotten', async () => {
    const own = memory();
    let told = 0;
    own.onChange(() => (told += 1));
    await own.remember('file:///a/Dockerfile', { deploymentId: '1', name: 'shop' });
    await own.remember('file:///b/Dockerfile', { deploymentId: '2', name: 'desk' });
    assert.equal(own.of('file:///a/Dockerfile')?.name, 'shop');
    assert.equal(own.dockerfileOf('2'), 'file:///b/Dockerfile');
    await own.forget('1');
    assert.equal(own.of('file:///a/Dockerfile'), undefined);
    assert.deepEqual(own.deploymentIds(), ['2']);
    assert.equal(told, 3);
  });

  it('knows which contexts were looked at', async () => {
    const own = memory();
    assert.ok(!own.reviewed('file:///a/Dockerfile'));
    await own.setReviewed('file:///a/Dockerfile');
    assert.ok(own.reviewed('file:///a/Dockerfile'));
  });
});
