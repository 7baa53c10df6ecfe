import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import type { Engine } from '../../../src/docker/engine.ts';
import type { EngineState } from '../../../src/extension/engineSource.ts';
import { LocalConnection } from '../../../src/extension/connections/localConnection.ts';
import { defaultLocalSettings, type LocalHost, type LocalState } from '../../../src/local/contract.ts';
import { fakeToken, FakePatr } from '../../support/fakePatr.ts';

describe('the connection to the local region', () => {
  let patr: FakePatr;
  let engine: EngineState;
  let found: LocalState;
  let trusted: boolean;
  let ensure: LocalHost['ensure'];

  const running = (url = patr.url): LocalState => ({
    kind: 'running',
    endpoint: { url, token: fakeToken, version: '0.0.1' },
  });
  const open = (): { connection: LocalConnection; told: string[] } => {
    const connection = new LocalConnection({
      engines: { state: async () => engine },
      settings: () => defaultLocalSettings,
      bundle: { file: '/nowhere', version: '0.0.1' },
      makeHost: () =>
        ({
          find: async () => found,
          ensure: (...args: Parameters<LocalHost['ensure']>) => ensure(...args),
        }) as LocalHost,
      trusted: () => trusted,
      userAgent: 'patr-vscode/test',
      log: silentLog,
    });
    const told: string[] = [];
    connection.onChange(() => told.push(connection.state().kind));
    return { connection, told };
  };

  beforeEach(async () => {
    patr = await FakePatr.start();
    engine = { kind: 'ready', engine: {} as Engine, socket: '/s', where: 'unix:///s' };
    found = running();
    trusted = true;
    ensure = async () => {
      throw new Error('nobody asked for a start');
    };
  });
  afterEach(() => patr.stop());

  it('asks nobody anything in a workspace that is not trusted', async () => {
    trusted = false;
    const { connection } = open();
    await connection.look();
    assert.equal(connection.state().kind, 'untrusted');
    assert.deepEqual(patr.seen, []);
  });

  it('names each reason for which there is no engine', async () => {
    const { connection } = open();
    const names = {
      missing: 'noEngine',
      stopped: 'engineStopped',
      forbidden: 'engineForbidden',
      tooOld: 'engineTooOld',
      broken: 'failed',
    } as const;
    for (const [kind, name] of Object.entries(names)) {
      engine = { kind: kind as keyof typeof names, message: 'why' };
      await connection.look();
      assert.deepEqual(connection.state(), { kind: name, message: 'why' });
    }
  });

  it('tells only what has changed, and keeps the target that is the same', async () => {
    const { connection, told } = open();
    await connection.look();
    const first = connection.state();
    await connection.look();
    const second = connection.state();
    assert.deepEqual(told, ['connected']);
    assert.ok(first.kind === 'connected' && second.kind === 'connected');
    assert.equal(first.target, second.target);
  });

  it('takes a new target when the region answers elsewhere, and tells', async () => {
    const other = await FakePatr.start();
    const { connection, told } = open();
    await connection.look();
    const first = connection.state();
    found = running(other.url);
    await connection.look();
    const second = connection.state();
    await other.stop();
    assert.ok(first.kind === 'connected' && second.kind === 'connected');
    assert.notEqual(first.target, second.target);
    // Whoever follows the one that nobody answers at follows this one from now on.
    assert.deepEqual(told, ['connected', 'connected']);
  });

  it('tells when the region is not connected any more', async () => {
    const { connection, told } = open();
    await connection.look();
    patr.state.region = { ...patr.state.region, connected: false, message: 'The engine does not answer.' };
    await connection.look();
    assert.deepEqual(told, ['connected', 'connected']);
  });

  it('starts once for everybody who asks meanwhile', async () => {
    found = { kind: 'absent' };
    let starts = 0;
    ensure = async () => {
      starts += 1;
      return (running() as Extract<LocalState, { kind: 'running' }>).endpoint;
    };
    const { connection } = open();
    const targets = await Promise.all([connection.start(() => {}), connection.start(() => {})]);
    assert.equal(starts, 1);
    assert.equal(targets[0], targets[1]);
  });

  it('is as it was when a start fails, and says why', async () => {
    ensure = async () => {
      throw new Error('The image cannot be had.');
    };
    const { connection } = open();
    await assert.rejects(
      connection.start(() => {}),
      /The image cannot be had/,
    );
    assert.equal(connection.state().kind, 'notStarted');
  });

  it('has failed, with words, when the region does not answer', async () => {
    found = running('http://127.0.0.1:1');
    const { connection } = open();
    await connection.look();
    const state = connection.state();
    assert.equal(state.kind, 'failed');
  });
});
