import assert from 'node:assert/strict';
import { silentLog } from '../../../src/base/log.ts';
import type { ConnectionState } from '../../../src/extension/connections/connection.ts';
import { DeploymentsModel } from '../../../src/extension/model/deployments.ts';
import { Branch } from '../../../src/extension/tree/branch.ts';
import type { ConnectionNode, MessageNode, Node } from '../../../src/extension/tree/nodes.ts';
import { fakeToken, FakePatr } from '../../support/fakePatr.ts';
import { aDeployment, regionId } from '../../support/fakePatrState.ts';
import { digestOf } from '../../support/fakeRegistry.ts';
import { startCurrent } from '../../support/patr/current.ts';
import { addRow } from '../../support/patr/deployments.ts';
import type { PatrDouble } from '../../support/patr/double.ts';
import { hasRun, startRewrite } from '../../support/patr/rewrite.ts';
import { GivenConnection } from '../../support/givenConnection.ts';

describe('the branch of a connection', () => {
  let patr: FakePatr;
  let connection: GivenConnection;
  let model: DeploymentsModel;
  let branch: Branch;
  let filter: string;
  let besideOthers: boolean;
  let changed: (string | undefined)[];

  beforeEach(async () => {
    patr = await FakePatr.start();
    connection = new GivenConnection('patr-1', 'acme');
    model = new DeploymentsModel(connection, silentLog);
    [filter, besideOthers, changed] = ['', true, []];
    branch = new Branch(model, {
      marksOf: () => ({}),
      filter: () => filter,
      besideOthers: () => besideOthers,
      changed: (node) => changed.push(node?.id),
    });
  });
  afterEach(async () => {
    branch.dispose();
    model.dispose();
    await patr.stop();
  });

  const connect = async (): Promise<void> => {
    await connection.connect(patr.url, fakeToken);
    await model.refresh();
  };
  const put = (name: string, changes = {}): string =>
    patr.state.put(aDeployment({ id: patr.state.id(), name, ...changes })).id;
  const ids = (nodes: readonly Node[]): string[] => nodes.map(({ id }) => id);
  const unfolded = async (node: Node | undefined): Promise<Node[]> =>
    node === undefined ? [] : branch.childrenOf(node);

  it('is its region where it is the only connection, and nothing where there is nothing to list', async () => {
    besideOthers = false;
    assert.deepEqual(branch.roots(), []);
    await connect();
    assert.deepEqual(branch.roots(), []);
    put('web shop');
    await model.refresh();
    assert.deepEqual(ids(branch.roots()), ['region/patr-1']);
  });

  it('is one node beside others, with what is deployed below it, its only region left out', async () => {
    const id = put('web shop');
    await connect();
    const [node, ...none] = branch.roots();
    assert.deepEqual([node?.id, none.length], ['connection/patr-1', 0]);
    assert.deepEqual(ids(await unfolded(node)), [`deployment/${id}`, 'secrets', 'domains']);
    const deployment = branch.find(id);
    assert.ok(deployment);
    assert.equal(branch.parentOf(deployment)?.id, 'connection/patr-1');
  });

  it('has regions where there are several, each with what runs there', async () => {
    const other = 'd'.repeat(32);
    const [here, there] = [put('here'), put('there', { runner: other })];
    await connect();
    const state = connection.state();
    assert.ok(state.kind === 'connected');
    const [region] = state.regions;
    assert.ok(region);
    connection.set({ ...state, regions: [region, { ...region, id: other, name: 'Mumbai' }] });
    const [node] = branch.roots();
    const [first, second, ...rest] = await unfolded(node);
    assert.deepEqual(ids([first!, second!, ...rest]), [
      `region/${regionId}`,
      `region/${other}`,
      'secrets',
      'domains',
    ]);
    assert.deepEqual(ids(await unfolded(first)), [`deployment/${here}`]);
    assert.deepEqual(ids(await unfolded(second)), [`deployment/${there}`]);
    assert.equal(branch.parentOf(branch.find(there)!)?.id, `region/${other}`);
  });

  it('says in the place of a list why there is none, and what helps', async () => {
    const wanted: readonly [ConnectionState, string | undefined][] = [
      [{ kind: 'looking' }, undefined],
      [{ kind: 'signedOut', message: 'The token is not taken.' }, 'patr.account.signIn'],
      [{ kind: 'unreachable', message: 'No answer.' }, 'patr.connection.tryAgain'],
      [{ kind: 'certificateRefused', message: 'It is self-signed.' }, 'patr.connection.reviewCertificate'],
      [{ kind: 'notStarted' }, 'patr.region.start'],
    ];
    for (const [state, command] of wanted) {
      connection.set(state);
      const [message, ...none] = (await unfolded(branch.roots()[0])) as MessageNode[];
      assert.equal(none.length, 0);
      assert.equal(message?.helps?.remedy.command, command, state.kind);
      assert.equal(message?.helps?.connection, command === undefined ? undefined : connection);
      if ('message' in state) assert.equal(message?.label, state.message);
    }
  });

  it('says that the list is being read, that it could not be read, and that there is nothing in it', async () => {
    await connection.connect(patr.url, fakeToken);
    const only = async (): Promise<string> =>
      ((await unfolded(branch.roots()[0])) as MessageNode[])[0]?.label ?? '';
    assert.match(await only(), /being read/);
    await patr.stop();
    await model.refresh();
    assert.match(await only(), /could not be read/);
    patr = await FakePatr.start();
    await connect();
    const [message] = (await unfolded(branch.roots()[0])) as MessageNode[];
    assert.match(message?.label ?? '', /^No deployment is here yet/);
    assert.equal(message?.helps?.remedy.command, 'patr.deployment.create');
  });

  describe('on a server that keeps no releases', () => {
    const historyOn = async (double: PatrDouble, run: readonly string[], live: string | null) => {
      const { world } = double;
      const source = { registry: 'registry.patr.cloud', repositoryId: world.id() };
      const row = addRow(world, 'shop api', { source });
      hasRun(world, row.id, run);
      row.currentLiveDigest = live;
      await connection.connect(double.url, world.token);
      await model.refresh();
      const parts = await unfolded(branch.find(row.id));
      return { row, history: parts.find(({ kind }) => kind === 'history') };
    };
    const looks = (nodes: readonly Node[]): unknown[] =>
      nodes.map((node) => {
        if (node.kind === 'pastImage') return [node.image.digest, node.live, node.canRevert];
        return node.kind === 'message' ? node.label : node.kind;
      });

    it('has the images that were deployed as the history of a deployment, and one to go back to', async () => {
      const double = await startCurrent();
      try {
        const { row, history } = await historyOn(double, [digestOf(1), digestOf(2)], digestOf(2));
        const nodes = await unfolded(history);
        assert.deepEqual(looks(nodes), [
          [digestOf(2), true, false],
          [digestOf(1), false, true],
        ]);
        assert.equal(branch.parentOf(nodes[0]!)?.id, history?.id);
        changed = [];
        row.currentLiveDigest = digestOf(1);
        await model.reload(row.id);
        assert.deepEqual(changed, [`deployment/${row.id}`]);
        assert.deepEqual(looks(await unfolded(history)), [
          [digestOf(2), false, true],
          [digestOf(1), true, false],
        ]);
      } finally {
        await double.stop();
      }
    });

    it('says below the images that nobody goes back to one where the server cannot', async () => {
      const double = await startRewrite();
      try {
        const { history } = await historyOn(double, [digestOf(1)], null);
        assert.deepEqual(looks(await unfolded(history)), [
          [digestOf(1), false, false],
          'Going back to one is not offered by this server',
        ]);
      } finally {
        await double.stop();
      }
    });

    it('says that nothing was deployed yet', async () => {
      const double = await startCurrent();
      try {
        const { history } = await historyOn(double, [], null);
        assert.deepEqual(looks(await unfolded(history)), ['Nothing was deployed yet']);
      } finally {
        await double.stop();
      }
    });
  });

  it('is left out while something is looked for that it has not', async () => {
    put('web shop');
    await connect();
    filter = 'api';
    assert.deepEqual(branch.roots(), []);
    filter = 'web';
    assert.deepEqual(ids(branch.roots()), ['connection/patr-1']);
  });

  it('is the same node whatever happens to it, and is drawn again when it does', async () => {
    const id = put('web shop');
    await connect();
    const [node] = branch.roots() as ConnectionNode[];
    await unfolded(node);
    changed = [];
    connection.set({ kind: 'unreachable', message: 'No answer.' });
    assert.ok(changed.length > 0 && changed.every((one) => one === 'connection/patr-1'));
    assert.deepEqual(ids(branch.roots()), [node!.id]);
    await connect();
    await unfolded(branch.roots()[0]);
    changed = [];
    patr.state.change(id, { status: 'errored' });
    await model.reload(id);
    assert.deepEqual(changed, [`deployment/${id}`]);
  });
});
