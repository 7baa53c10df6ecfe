import assert from 'node:assert/strict';
import { once } from 'node:events';
import { silentLog } from '../../../src/base/log.ts';
import type { Api } from '../../../src/client/client.ts';
import { DeploymentsModel } from '../../../src/extension/model/deployments.ts';
import { fakeToken, FakePatr } from '../../support/fakePatr.ts';
import { aDeployment } from '../../support/fakePatrState.ts';
import { GivenConnection } from '../../support/givenConnection.ts';

describe('the deployments of a connection', () => {
  let patr: FakePatr;
  let connection: GivenConnection;
  let model: DeploymentsModel;
  let id: string;
  /** What the server has answered comes when `late` is resolved; `waiting`: it has answered. */
  let late: PromiseWithResolvers<void>;
  let waiting: PromiseWithResolvers<void>;

  beforeEach(async () => {
    patr = await FakePatr.start();
    ({ id } = patr.state.put(aDeployment({ id: patr.state.id(), name: 'shop' })));
    connection = new GivenConnection('patr-1', 'acme');
    model = new DeploymentsModel(connection, silentLog);
    await connection.connect(patr.url, fakeToken);
    await model.refresh();
    [late, waiting] = [Promise.withResolvers(), Promise.withResolvers()];
  });
  afterEach(async () => {
    model.dispose();
    await patr.stop();
  });

  /** From now on answers about deployments are late, but for the news that this one is deleted. */
  const slowDown = (): void => {
    const state = connection.state();
    assert.ok(state.kind === 'connected');
    const { api } = state.target;
    const hold = async (): Promise<void> => {
      waiting.resolve();
      await late.promise;
    };
    const getDeployment: Api['getDeployment'] = async (...asked) => {
      const answer = await api.getDeployment(...asked);
      await hold();
      return answer;
    };
    const pages: Api['pages'] = async function* (...asked) {
      yield* api.pages(...asked);
      await hold();
    };
    const followChanges: Api['followChanges'] = async function* (_, { signal } = {}) {
      yield { kind: 'deploymentDeleted', id };
      if (signal?.aborted === false) await once(signal, 'abort');
    };
    const slow = { ...api, getDeployment, pages, followChanges };
    connection.set({ ...state, target: { ...state.target, api: slow } });
  };
  const away = (): void => connection.set({ kind: 'unreachable', message: 'Away.' });
  const names = (): string[] => model.all().map(({ name }) => name);

  it('are not shown by an answer that comes when the server is away already', async () => {
    slowDown();
    const reading = model.refresh();
    await waiting.promise;
    away();
    late.resolve();
    await reading;
    assert.deepEqual([names(), model.loaded, model.failure], [[], false, undefined]);
  });

  it('are not shown one by one by such an answer either', async () => {
    slowDown();
    const reading = model.reload(id);
    await waiting.promise;
    away();
    late.resolve();
    await reading;
    assert.deepEqual(names(), []);
  });

  it('stay deleted when an older answer comes after the news of it', async () => {
    slowDown();
    const reading = Promise.all([model.reload(id), model.refresh()]);
    await waiting.promise;
    const gone = Promise.withResolvers<void>();
    model.onChange(() => {
      if (model.get(id) === undefined) gone.resolve();
    });
    model.watch(true);
    await gone.promise;
    late.resolve();
    await reading;
    assert.deepEqual(names(), []);
  });
});
