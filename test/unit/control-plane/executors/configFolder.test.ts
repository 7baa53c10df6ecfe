import assert from 'node:assert/strict';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedConfig } from '../../../../src/control-plane/executors/configFolder.ts';
import { leastKept, oldForMs } from '../../../../src/control-plane/executors/configLayout.ts';
import type { ConfigStorage } from '../../../../src/control-plane/executors/configStorage.ts';
import { countingIds } from '../../../support/controlPlane.ts';

describe('the folder of config mounts', () => {
  let here: string;
  let storage: ConfigStorage;
  let time: number;
  const parts = { now: () => time, ids: countingIds() };
  const config = (generation: number, files: Readonly<Record<string, string>>) => ({
    generation,
    files: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
  });
  const at = (name: string): string => join(here, 'one', name);
  const generation = async (): Promise<number | undefined> => (await storage.shown('one'))?.generation;
  const read = (name: string): Promise<string> => readFile(at(name), 'utf8');
  const generations = async (): Promise<readonly string[]> =>
    (await readdir(join(here, 'one'))).filter((name) => /^\.\.\d/.test(name));

  beforeEach(async () => {
    here = await mkdtemp(join(tmpdir(), 'patr-config-'));
    time = Date.now();
    const shared = { here, onEngine: '/on/engine', mount: () => assert.fail('it is bound by its path') };
    storage = sharedConfig(shared, parts);
  });
  afterEach(() => rm(here, { recursive: true, force: true }));

  it('gives back what is in force, whatever is in it', async () => {
    assert.equal((await storage.folder('one')).path, '/on/engine/one');
    const first = { generation: 1, files: new Map([['binary.bin', Buffer.from([0, 255, 10])]]) };
    await storage.put('one', first);
    assert.deepEqual(await storage.read('one'), first);
    const second = config(2, { 'app.toml': 'port = 9090\n', empty: '' });
    await storage.put('one', second);
    assert.deepEqual(await storage.read('one'), second);
    assert.equal(await generation(), 2);
    assert.equal(await read('app.toml'), 'port = 9090\n');
    assert.equal((await stat(at('app.toml'))).mode & 0o777, 0o444);
    await assert.rejects(read('binary.bin'), { code: 'ENOENT' });
  });

  it('has nothing of a deployment that never had any, or has none any more', async () => {
    assert.equal(await storage.read('one'), undefined);
    assert.equal(await generation(), undefined);
    await storage.put('one', config(1, { a: 'x' }));
    await storage.remove('one');
    assert.equal(await storage.read('one'), undefined);
  });

  it('is another one when it was removed and made again: who mounted the first sees nothing of the second', async () => {
    await storage.put('one', config(1, { a: '1' }));
    const { key } = await storage.folder('one');
    assert.equal((await storage.shown('one'))?.key, key);
    await storage.put('one', config(2, { a: '2' }));
    assert.equal((await storage.shown('one'))?.key, key);
    await rename(join(here, 'one'), join(here, 'elsewhere'));
    await storage.put('one', config(2, { a: '2' }));
    assert.notEqual((await storage.shown('one'))?.key, key);
  });

  it('has one link that everything hangs on, and does nothing when it is right already', async () => {
    await storage.put('one', config(1, { a: '1', b: '1' }));
    assert.equal(await readlink(at('a')), '..data/a');
    const link = await readlink(at('..data'));
    const before = await stat(at('..data'));
    await storage.put('one', config(1, { a: '1', b: '1' }));
    assert.equal(await readlink(at('..data')), link);
    assert.equal((await stat(at('..data'))).ino, before.ino);
  });

  it('leaves a file that has not changed the very same, so that who polls for changes sees none', async () => {
    await storage.put('one', config(1, { same: 'x', other: '1' }));
    const before = await stat(at('same'));
    await storage.put('one', config(2, { same: 'x', other: '2' }));
    const after = await stat(at('same'));
    assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs]);
    assert.equal(await read('other'), '2');
  });

  it('goes on from wherever a write was cut off', async () => {
    await storage.put('one', config(1, { a: '1', b: '1' }));
    // A draft of a folder and of a link, and a generation that was made and not put in force.
    await mkdir(at('..new'));
    await writeFile(at('..new/a'), 'half');
    await symlink('..gone', at('..link'));
    const whole = config(2, { a: '2', c: '2' });
    await storage.put('one', whole);
    const [second] = (await generations()).filter((name) => name.startsWith('..2-'));
    await rm(at('..data'));
    await symlink(
      (await generations()).find((name) => name.startsWith('..1-'))!,
      at('..data'),
    );
    await rm(at('c'));
    await storage.put('one', whole);
    assert.equal(await readlink(at('..data')), second);
    assert.deepEqual([await storage.read('one'), await read('a'), await read('c')], [whole, '2', '2']);
    assert.deepEqual((await readdir(join(here, 'one'))).filter((name) => !/^\.\.\d/.test(name)).toSorted(), [
      '..data',
      '..key',
      'a',
      'c',
    ]);
  });

  it('mends what a power cut or a hand has left without content', async () => {
    const whole = config(2, { a: '2', b: '2' });
    await storage.put('one', config(1, { a: '1', b: '1' }));
    await storage.put('one', whole);
    const torn = at(`${await readlink(at('..data'))}/a`);
    await rm(torn);
    await writeFile(torn, '');
    await storage.put('one', whole);
    assert.deepEqual(await storage.read('one'), whole);
    assert.equal((await storage.shown('one'))?.generation, 2);
    const link = await readlink(at('..data'));
    await storage.put('one', whole);
    assert.equal(await readlink(at('..data')), link);
  });

  it('keeps old generations for a minute, and some of them for longer', async () => {
    for (let generation = 1; generation <= 10; generation += 1) {
      await storage.put('one', config(generation, { a: String(generation) }));
    }
    assert.equal((await generations()).length, 10);
    time += oldForMs + 1000;
    await storage.put('one', config(11, { a: '11' }));
    const numbers = (await generations()).map((name) => Number(/\d+/.exec(name)?.[0]));
    assert.deepEqual(
      numbers.toSorted((one, other) => one - other),
      Array.from({ length: leastKept + 1 }, (_, index) => 11 - leastKept + index),
    );
  });

  it('takes over a folder of an earlier version', async () => {
    const old = `..${'a1'.repeat(12)}`;
    await mkdir(at(old), { recursive: true });
    await writeFile(join(at(old), 'a'), 'old');
    await utimes(at(old), 1, 1);
    await symlink(old, at('..data'));
    await symlink('..data/a', at('a'));
    assert.deepEqual(await storage.read('one'), config(0, { a: 'old' }));
    assert.equal(await generation(), undefined);
    await storage.put('one', config(3, { a: 'new' }));
    assert.equal(await read('a'), 'new');
  });
});
