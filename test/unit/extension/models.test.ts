import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import { Models, type ModelsChange } from '../../../src/extension/model/models.ts';
import { fakeToken, FakePatr } from '../../support/fakePatr.ts';
import { aDeployment } from '../../support/fakePatrState.ts';
import { GivenConnection, GivenConnections } from '../../support/givenConnection.ts';

const [shop, api] = ['a'.repeat(32), 'b'.repeat(32)] as const;

describe('the models of several connections', () => {
  let servers: readonly [FakePatr, FakePatr];
  let local: GivenConnection;
  let cloud: GivenConnection;
  let connections: GivenConnections;
  let models: Models;
  let current: string;

  beforeEach(async () => {
    servers = [await FakePatr.start(), await FakePatr.start()];
    servers[0].state.put(aDeployment({ id: shop, name: 'web shop' }));
    servers[1].state.put(aDeployment({ id: api, name: 'api gateway' }));
    local = new GivenConnection('local', 'Local');
    cloud = new GivenConnection('cloud', 'Patr');
    connections = new GivenConnections(local, cloud);
    current = 'local';
    models = new Models(connections, () => current, silentLog);
  });
  afterEach(async () => {
    models.dispose();
    await Promise.all(servers.map((one) => one.stop()));
  });

  const connect = async (): Promise<void> => {
    await local.connect(servers[0].url, fakeToken);
    await cloud.connect(servers[1].url, fakeToken);
    await models.refresh();
  };

  it('find a deployment by its id on whichever server it is', async () => {
    await connect();
    assert.equal(models.of(shop).connection, local);
    assert.equal(models.of(api).connection, cloud);
    assert.deepEqual(
      [shop, api].map((id) => models.get(id)?.name),
      ['web shop', 'api gateway'],
    );
  });

  it('know whose a deployment was when its server is away, or it was deleted', async () => {
    await connect();
    cloud.set({ kind: 'failed', message: 'It does not answer.' });
    assert.equal(models.get(api), undefined);
    assert.equal(models.of(api).connection, cloud);
    await cloud.connect(servers[1].url, fakeToken);
    servers[1].state.deployments.delete(api);
    await models.refresh();
    assert.equal(models.of(api).connection, cloud);
  });

  it('mean the current connection where nobody has heard of a deployment', () => {
    assert.equal(models.of('c'.repeat(32)).connection, local);
    current = 'cloud';
    assert.equal(models.of('c'.repeat(32)).connection, cloud);
    current = 'gone';
    assert.equal(models.current.connection, local);
  });

  it('tell what changed, and whose it is', async () => {
    const told: string[] = [];
    models.onChange(({ kind, model }: ModelsChange) => told.push(`${kind} ${model.connection.id}`));
    await connect();
    assert.deepEqual(told.toSorted(), ['all cloud', 'all local']);
    told.length = 0;
    servers[1].state.change(api, { status: 'errored' });
    await models.by('cloud')?.reload(api);
    assert.deepEqual(told, ['one cloud']);
  });

  it('come and go with their connections, and take what is known with them', async () => {
    await connect();
    const told: string[] = [];
    models.onChange(({ kind, model }) => told.push(`${kind} ${model.connection.id}`));
    const kept = models.by('local');
    connections.set(local);
    assert.deepEqual(models.all(), [kept]);
    assert.equal(models.get(api), undefined);
    assert.deepEqual(told, ['all cloud']);
    connections.set(local, cloud);
    assert.equal(models.by('cloud')?.loaded, false);
  });

  it('give everybody who looks after each of them its beginning and its end', () => {
    const log: string[] = [];
    const held = models.each(({ connection: { id } }, life) => {
      log.push(`+${id}`);
      life.onDispose(() => log.push(`-${id}`));
    });
    connections.set(local);
    connections.set(local, new GivenConnection('own'));
    held.dispose();
    connections.set(local, cloud);
    assert.deepEqual(log, ['+local', '+cloud', '-cloud', '+own', '-local', '-own']);
  });
});
