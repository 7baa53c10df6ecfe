import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { Adoption } from '../../../../src/control-plane/adoption/adoption.ts';
import type { RemainingInstance, Remains } from '../../../../src/control-plane/executors/executor.ts';
import { identitiesOf } from '../../../../src/control-plane/executors/remains.ts';
import { forget } from '../../../../src/control-plane/state/wishes.ts';
import { memoryNotary, type TestNotary } from '../../../support/controlPlane.ts';
import { addDeployment, addRepository } from '../../../support/deployments.ts';
import { aRemainingInstance, idOf, theRemains } from '../../../support/remains.ts';

describe('adoption', () => {
  let notary: TestNotary;
  let there: Map<string, Remains>;
  let adoption: Adoption;

  beforeEach(() => {
    notary = memoryNotary();
    there = new Map();
    const executor = {
      remains: async (id: string) => there.get(id) ?? theRemains([]),
      identities: async () =>
        Array.from(there.values()).flatMap(({ instances }) => instances.map(identitiesOf)),
    };
    adoption = new Adoption({ notary, vault: notary.vault, executor, log: silentLog });
  });
  afterEach(() => notary.store.dispose());

  function runs(...instances: RemainingInstance[]): void {
    for (const [id, of] of Map.groupBy(instances, ({ deploymentId }) => deploymentId)) {
      there.set(id, theRemains(of));
    }
  }
  const other = (changes: Parameters<typeof aRemainingInstance>[0] = {}) =>
    aRemainingInstance({ deploymentId: idOf('e'), releaseId: idOf('2'), ...changes });
  const nameOf = (digit: string) => notary.store.deployments.find(idOf(digit))?.name;
  const workspaceId = () => notary.store.identity.workspaces()[0]?.id;
  const adopt = async (...digits: string[]) => {
    for (const digit of digits) assert.equal(await adoption.adopt(idOf(digit)), true, digit);
  };

  it('gives an empty state the ids of the workspace and the region that the instances name', async () => {
    runs(aRemainingInstance(), other());
    await adoption.takeOverIdentity();
    assert.equal(workspaceId(), idOf('a'));
    assert.deepEqual(
      notary.store.identity.regions().map(({ id, workspaceId: of }) => [id, of]),
      [[idOf('b'), idOf('a')]],
    );
    await adoption.takeOverIdentity();
    assert.equal(workspaceId(), idOf('a'));
  });

  it('gives it the repositories too, under their ids', async () => {
    const source = { registry: 'registry.patr.cloud', repositoryId: idOf('6') } as const;
    runs(aRemainingInstance({ record: { source, repositoryName: 'shop' } }), other());
    await adoption.takeOverIdentity();
    assert.equal(notary.store.repositories.byName(idOf('a'), 'shop')?.id, idOf('6'));
    assert.equal(notary.store.repositories.isAdopted(idOf('6')), true);
  });

  it('gives the slots of a public region the ports of the machine that they have', async () => {
    const ports = { 80: 'http', 5432: 'tcp' } as const;
    const record = { ports, publicPorts: { 5432: 20_005 } };
    runs(
      aRemainingInstance({ record }),
      aRemainingInstance({ ordinal: 1, record: { ports, publicPorts: { 5432: 20_006 } } }),
      other({ record: { ports, publicPorts: { 5432: 20_006 } } }),
    );
    await adopt('d', 'e');
    const portOf = (digit: string, ordinal: number) =>
      notary.store.publicPorts.of({ deploymentId: idOf(digit), port: 5432, ordinal });
    assert.deepEqual([portOf('d', 0), portOf('d', 1), portOf('e', 0)], [20_005, 20_006, undefined]);
  });

  it('leaves the ids when the instances name two workspaces, or the state has something in it', async () => {
    runs(aRemainingInstance(), other({ workspaceId: idOf('f') }));
    await adoption.takeOverIdentity();
    assert.equal(workspaceId(), notary.workspaceId);
    runs(aRemainingInstance());
    addRepository(notary);
    await adoption.takeOverIdentity();
    assert.equal(workspaceId(), notary.workspaceId);
    assert.equal(await adoption.adopt(idOf('d')), false);
    assert.equal(notary.store.deployments.find(idOf('d')), undefined);
  });

  it('brings a deployment back with everything that it needs, and says so', async () => {
    const source = { registry: 'registry.patr.cloud', repositoryId: idOf('6') } as const;
    const secrets = { KEY: { id: idOf('5'), name: 'the key' } };
    const volumes = { [idOf('7')]: '/data' };
    const record = { source, repositoryName: 'shop', secrets, volumes };
    runs(aRemainingInstance({ environment: { KEY: 'hunter2' }, record }));
    await adopt('d');
    const { store } = notary;
    assert.equal(nameOf('d'), 'shop api');
    assert.equal(store.releases.live(idOf('d'))?.id, idOf('1'));
    assert.equal(store.repositories.find(idOf('6'))?.name, 'shop');
    assert.equal(store.repositories.isAdopted(idOf('6')), true);
    assert.equal(store.volumes.find(idOf('7'))?.workspaceId, idOf('a'));
    const value = { kind: 'value', name: 'the key', text: 'hunter2' };
    assert.deepEqual(notary.vault.valueOf(idOf('a'), idOf('5')), value);
    const [event] = store.events.list(idOf('d'), { count: 1, page: 0 }).rows;
    assert.match(event?.message ?? '', /taken over from what runs.*release 1.*\(the key\)/);
    assert.doesNotMatch(event?.message ?? '', /hunter2/);
  });

  it('takes nothing over that was deleted, is known, or of which nothing says enough', async () => {
    runs(aRemainingInstance());
    await adopt('d');
    assert.equal(await adoption.adopt(idOf('d')), false);
    const found = notary.store.deployments.find(idOf('d'))!;
    notary.store.change((publish) => forget(notary, publish, found));
    assert.equal(await adoption.adopt(idOf('d')), false);
    assert.equal(await adoption.adopt(idOf('e')), false);
  });

  it('takes over wholly or not at all, and lets one that cannot be taken over hold up no other', async () => {
    // Two releases with one number: labels that contradict each other.
    const twice = aRemainingInstance({ releaseId: idOf('9') });
    runs(aRemainingInstance({ record: { volumes: { [idOf('7')]: '/data' } } }), twice, other());
    assert.equal(await adoption.adopt(idOf('d')), false);
    assert.equal(notary.store.volumes.find(idOf('7')), undefined);
    await adopt('e');
    runs(aRemainingInstance({ record: { machineTypeId: idOf('0') } }));
    assert.equal(await adoption.adopt(idOf('d')), false);
  });

  it('lets both of two deployments live whose names have collided since', async () => {
    runs(aRemainingInstance(), other({ deploymentName: 'Shop API' }));
    await adopt('d', 'e');
    assert.deepEqual([nameOf('d'), nameOf('e')], ['shop api', 'Shop API-2']);
  });

  it('lets a host name lead where it led, whichever deployment is older', async () => {
    runs(
      aRemainingInstance({ deploymentName: 'shop-api', record: { createdAt: 1, hasHostLabel: false } }),
      other({ deploymentName: 'shop api', record: { createdAt: 2, hasHostLabel: true } }),
    );
    await adopt('d', 'e');
    const { deployments } = notary.store;
    assert.equal(deployments.hostLabel(deployments.find(idOf('d'))!), undefined);
    assert.equal(deployments.hostLabel(deployments.find(idOf('e'))!), 'shop-api');
  });

  it('has the newest value of a secret that several deployments show, and never undoes a person', async () => {
    const secrets = { KEY: { id: idOf('5'), name: 'the key' } };
    const showing = (value: string, createdAt: number) => ({
      environment: { KEY: value },
      createdAt,
      record: { secrets },
    });
    runs(aRemainingInstance(showing('older', 1)), other(showing('newer', 2)));
    await adopt('d', 'e');
    const text = () => {
      const found = notary.vault.valueOf(idOf('a'), idOf('5'));
      return found.kind === 'value' ? found.text : found.kind;
    };
    assert.equal(text(), 'newer');
    const row = notary.store.secrets.find(idOf('5'))!;
    notary.store.change(() => notary.vault.put({ ...row, version: 3, updatedAt: 500 }, 'by hand'));
    runs(aRemainingInstance({ ...showing('oldest', 3), deploymentId: idOf('c'), releaseId: idOf('3') }));
    await adopt('c');
    assert.equal(text(), 'by hand');
  });

  it('uses the repository of the same name when there is one already', async () => {
    runs(aRemainingInstance());
    await adoption.takeOverIdentity();
    const there2 = addRepository({ ...notary, workspaceId: idOf('a') }, 'shop');
    const source = { registry: 'registry.patr.cloud', repositoryId: idOf('6') } as const;
    runs(aRemainingInstance({ record: { source, repositoryName: 'shop' } }));
    await adopt('d');
    assert.deepEqual(notary.store.deployments.find(idOf('d'))?.source, { ...source, repositoryId: there2 });
    assert.deepEqual(notary.store.releases.live(idOf('d'))?.source, { ...source, repositoryId: there2 });
  });

  it('leaves what a person made since alone', async () => {
    runs(aRemainingInstance());
    await adoption.takeOverIdentity();
    addDeployment({ ...notary, workspaceId: idOf('a'), regionId: idOf('b') }, { name: 'shop api' });
    await adopt('d');
    assert.equal(nameOf('d'), 'shop api-2');
  });
});
