import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { Connections } from '../../../../src/extension/connections/connections.ts';
import { KeptPlaces, placeId, type PatrPlace } from '../../../../src/extension/connections/places.ts';
import { aConnection, aPlace, MemoryOfWindows } from '../../../support/connections.ts';

describe('the connections', () => {
  const local = aConnection('local');
  let memory: MemoryOfWindows;
  let ended: string[];

  const open = (): { connections: Connections; told: string[][] } => {
    const make = (place: PatrPlace) =>
      Object.assign(aConnection(placeId(place), place.name), {
        dispose: () => void ended.push(place.name),
      });
    const connections = new Connections(local, new KeptPlaces(memory), make, silentLog);
    const told: string[][] = [];
    connections.onChange(() => told.push(connections.all().map(({ label }) => label)));
    return { connections, told };
  };
  const labels = (connections: Connections): string[] => connections.all().map(({ label }) => label);

  beforeEach(() => {
    memory = new MemoryOfWindows();
    ended = [];
  });

  it('has the local region alone at first', () => {
    assert.deepEqual(open().connections.all(), [local]);
  });

  it('lists what one has connected to behind it, oldest first, and tells so once', async () => {
    const { connections, told } = open();
    await connections.add([aPlace('zeta'), aPlace('alpha')]);
    await connections.add([aPlace('mid')]);
    assert.deepEqual(told, [
      ['local', 'zeta', 'alpha'],
      ['local', 'zeta', 'alpha', 'mid'],
    ]);
  });

  it('has the same connections after a reload, under the same ids', async () => {
    const first = open().connections;
    await first.add([aPlace('zeta'), aPlace('alpha')]);
    const second = open().connections;
    assert.deepEqual(
      second.all().map(({ id }) => id),
      first.all().map(({ id }) => id),
    );
  });

  it('keeps a connection that is there already, and replaces one of which something else is known', async () => {
    const { connections, told } = open();
    await connections.add([aPlace('zeta'), aPlace('alpha')]);
    const [, zeta, alpha] = connections.all();
    await connections.add([aPlace('zeta'), { ...aPlace('alpha'), accountId: 'another' }]);
    const [, zetaNow, alphaNow] = connections.all();
    assert.equal(zetaNow, zeta);
    assert.notEqual(alphaNow, alpha);
    assert.equal(alphaNow?.id, alpha?.id);
    assert.deepEqual(ended, ['alpha']);
    assert.equal(told.length, 2);
  });

  it('ends the ones that are taken away, after everybody has heard of it', async () => {
    const { connections } = open();
    await connections.add([aPlace('zeta'), aPlace('alpha')]);
    connections.onChange(() => assert.deepEqual(ended, []));
    await connections.remove([placeId(aPlace('zeta')), 'local']);
    assert.deepEqual(labels(connections), ['local', 'alpha']);
    assert.deepEqual(ended, ['zeta']);
  });

  it('takes over what another window has done', async () => {
    const [here, there] = [open(), open()];
    await there.connections.add([aPlace('zeta')]);
    assert.deepEqual(labels(here.connections), ['local']);
    here.connections.readAgain();
    assert.deepEqual(labels(here.connections), ['local', 'zeta']);
    here.connections.readAgain();
    assert.equal(here.told.length, 1);
  });

  it('passes over what is remembered and cannot be read', async () => {
    await memory.update('patr.connections', [{ url: 7 }, aPlace('zeta'), null]);
    assert.deepEqual(labels(open().connections), ['local', 'zeta']);
    await memory.update('patr.connections', 'nonsense');
    assert.deepEqual(labels(open().connections), ['local']);
  });

  it('gives a connection an id that tells servers and workspaces apart, and not who signed in', () => {
    const place = aPlace('zeta');
    assert.equal(placeId({ ...place, name: 'other', accountId: 'other' } as PatrPlace), placeId(place));
    assert.notEqual(placeId({ ...place, url: 'https://elsewhere.example' }), placeId(place));
    assert.notEqual(placeId({ ...place, workspaceId: '0'.repeat(32) }), placeId(place));
    assert.match(placeId(place), /^patr-[0-9a-f]{16}$/);
  });
});
