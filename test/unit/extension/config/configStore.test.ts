import assert from 'node:assert/strict';
import { Unreachable } from '../../../../src/client/errors.ts';
import { configMountsOf, type ConfigMounts } from '../../../../src/deploy/configMounts.ts';
import { fileAddress, keptVersion, type ConfigFile } from '../../../../src/extension/config/configAddress.ts';
import { ConfigStore, NotSaved } from '../../../../src/extension/config/configStore.ts';
import { KeptSaves } from '../../../../src/extension/config/keptSaves.ts';
import { KnownMounts } from '../../../../src/extension/config/knownMounts.ts';
import { configLimits } from '../../../../src/protocol/configMounts.ts';
import { createClient } from '../../../../src/client/client.ts';
import { ownDialect } from '../../../../src/client/generations/dialect.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { FakePatr, fakeToken } from '../../../support/fakePatr.ts';
import { aDeployment, workspaceId } from '../../../support/fakePatrState.ts';
import { memoryStore } from './memoryStore.ts';

const keyOf = (file: ConfigFile): string => {
  const { authority, path, query } = fileAddress(file);
  return `${authority}${path}?${query}`;
};
const bytes = (text: string): Buffer => Buffer.from(text);

/** On servers that change config mounts as documents, and on those that know them as a part of the deployment. */
for (const live of [true, false]) {
  describe(`config mounts as files, ${live ? 'with' : 'without'} a server's help`, () => {
    let patr: FakePatr;
    let file: ConfigFile;
    let away: Error | undefined;
    let disk: ReturnType<typeof memoryStore>;

    const mounts = (): ConfigMounts => {
      const api = createClient(
        {
          url: patr.url,
          token: fakeToken,
          fetch,
          userAgent: 'test',
          clock: systemClock,
          chance: () => 0,
          timeoutMs: 5000,
        },
        ownDialect,
      );
      const backend = { offers: (capability: string) => live && capability === 'configMounts' };
      return configMountsOf({ api, backend, workspaceId, token: fakeToken } as never, file.deploymentId);
    };
    /** A window: what it knows goes with it, what it kept does not. */
    const aWindow = () => {
      const known = new KnownMounts();
      const kept = new KeptSaves(disk, (message) => assert.fail(message));
      const store = new ConfigStore({
        servers: {
          mounts: async () => {
            if (away !== undefined) throw away;
            return mounts();
          },
          nameOf: () => 'web shop',
        },
        known,
        kept,
        keyOf,
        now: () => Date.now(),
      });
      const save = async (text: string) => {
        known.begin(keyOf(file));
        return store.write(file, bytes(text), false);
      };
      return { known, kept, store, save };
    };
    const content = (name = file.name): string | undefined => {
      const there = patr.state.deployments.get(file.deploymentId)?.configMounts[name];
      return there === undefined ? undefined : Buffer.from(there, 'base64').toString();
    };
    const put = (configMounts: Record<string, string>): void =>
      patr.state.change(file.deploymentId, {
        configMounts: Object.fromEntries(
          Object.entries(configMounts).map(([name, text]) => [name, bytes(text).toString('base64')]),
        ),
      });
    const refusal = async (work: Promise<unknown>): Promise<NotSaved> => {
      const error = await work.then(
        () => assert.fail('it was saved'),
        (refused: unknown) => refused,
      );
      assert.ok(error instanceof NotSaved, String(error));
      return error;
    };

    beforeEach(async () => {
      patr = await FakePatr.start();
      const { id } = patr.state.put(aDeployment({ id: patr.state.id(), revision: 1 }));
      file = { connection: 'local', workspaceId, deploymentId: id, name: 'app.yaml' };
      away = undefined;
      disk = memoryStore();
      put({ 'app.yaml': 'port: 8080', 'b.bin': 'x' });
    });
    afterEach(() => patr.stop());

    it('are listed, read and saved', async () => {
      const { store, save } = aWindow();
      assert.deepEqual(
        (await store.list(file)).map(({ name, size }) => [name, size]),
        [
          ['app.yaml', 10],
          ['b.bin', 1],
        ],
      );
      assert.equal(String(await store.read(file, false)), String(bytes('port: 8080')));
      const arrival = await save('port: 9090');
      assert.equal(arrival.kind, live ? 'applied' : 'rollOut');
      assert.equal(content(), 'port: 9090');
      assert.equal(content('b.bin'), 'x');
      assert.equal((await store.stat(file))?.past, false);
      assert.equal(await store.stat({ ...file, name: 'none' }), undefined);
      assert.equal(await store.read({ ...file, name: 'none' }, false), undefined);
    });

    it('are not overwritten in one window after they were saved in another', async () => {
      const [one, other] = [aWindow(), aWindow()];
      await one.store.read(file, false);
      await other.store.read(file, false);
      await other.save('theirs');
      const refused = await refusal(one.save('mine'));
      assert.equal(refused.kind, 'moved');
      assert.match(refused.message, /^app\.yaml of web shop was changed elsewhere/);
      assert.equal(content(), 'theirs');
      // The person has seen the conflict by the next save, and overwrites it.
      await one.save('mine');
      assert.equal(content(), 'mine');
    });

    it('are not saved over what nothing is known of', async () => {
      const { store } = aWindow();
      assert.equal((await refusal(store.write(file, bytes('blind'), false))).kind, 'moved');
      assert.equal(content(), 'port: 8080');
    });

    it('are new for this window alone until they are saved', async () => {
      const { store, known } = aWindow();
      const fresh = { ...file, name: 'new.yaml' };
      store.begin(fresh);
      assert.deepEqual(await store.stat(fresh), { mtime: 0, size: 0, past: false });
      assert.equal((await store.read(fresh, false))?.length, 0);
      assert.equal(content('new.yaml'), undefined);
      known.begin(keyOf(fresh));
      await store.write(fresh, bytes('a: 1'), false);
      assert.equal(content('new.yaml'), 'a: 1');
    });

    it('are refused with the rule for their names and sizes', async () => {
      const { store } = aWindow();
      for (const name of ['..', 'a/b', '..data', 'NUL', 'a'.repeat(300), 'ä', 'a\0b'])
        assert.match(
          (await refusal(store.write({ ...file, name }, bytes(''), true))).message,
          /cannot be a config mount: the name must/,
        );
      const large = Buffer.alloc(configLimits.fileBytes + 1);
      const { message } = await refusal(store.write(file, large, false));
      assert.match(message, /must have at most 1 MiB .*put larger files into the image or a volume/);
    });

    it('are binary as they are', async () => {
      const { store } = aWindow();
      const all = Uint8Array.from({ length: 256 }, (_, at) => at);
      await store.write({ ...file, name: 'all.bin' }, all, true);
      assert.deepEqual(Uint8Array.from((await store.read({ ...file, name: 'all.bin' }, false)) ?? []), all);
    });

    it('are renamed and deleted', async () => {
      const { store } = aWindow();
      await store.rename(file, 'new.yaml', false);
      assert.deepEqual([content(), content('new.yaml')], [undefined, 'port: 8080']);
      await assert.rejects(store.rename({ ...file, name: 'new.yaml' }, 'b.bin', false));
      assert.equal(content('b.bin'), 'x');
      await store.remove({ ...file, name: 'new.yaml' });
      assert.equal(content('new.yaml'), undefined);
    });

    it('tell what was changed elsewhere since', async () => {
      const { store } = aWindow();
      await store.read(file, false);
      assert.deepEqual(await store.renew(file, ['app.yaml']), []);
      put({ 'app.yaml': 'port: 9090' });
      const key = keyOf(file);
      assert.deepEqual(await store.renew(file, ['app.yaml']), [{ key, kind: 'changed' }]);
      put({});
      assert.deepEqual(await store.renew(file, ['app.yaml']), [{ key, kind: 'deleted' }]);
      put({ 'app.yaml': 'back' });
      assert.deepEqual(await store.renew(file, ['app.yaml']), [{ key, kind: 'created' }]);
    });

    it('are kept while the region is away, for the next window as well, and sent when it is back', async () => {
      const { store, save } = aWindow();
      await store.read(file, false);
      away = new Unreachable('The region does not answer.');
      const refused = await refusal(save('mine'));
      assert.equal(refused.kind, 'away');
      assert.match(refused.message, /^The region does not answer\. What you saved is kept/);
      away = undefined;
      const next = aWindow();
      const kept = await next.store.read({ ...file, version: keptVersion }, false);
      assert.equal(String(kept), String(bytes('mine')));
      await next.store.sendKept(file);
      assert.equal(content(), 'mine');
      assert.deepEqual(await next.kept.all(), []);
      assert.equal(await next.store.sendKept(file), undefined);
    });

    it('are not sent later over something newer, and stay kept', async () => {
      const { store, save } = aWindow();
      await store.read(file, false);
      away = new Unreachable('The region does not answer.');
      await refusal(save('mine'));
      away = undefined;
      put({ 'app.yaml': 'theirs' });
      const next = aWindow();
      assert.equal((await refusal(next.store.sendKept(file))).kind, 'moved');
      assert.equal(content(), 'theirs');
      assert.equal((await next.kept.all()).length, 1);
      // After a look at both the person decides.
      await next.store.send(file, bytes('mine'), undefined);
      assert.equal(content(), 'mine');
      assert.deepEqual(await next.kept.all(), []);
    });

    it('are dropped from what is kept when they had arrived after all', async () => {
      const { store, save, kept } = aWindow();
      await store.read(file, false);
      away = new Unreachable('The region does not answer.');
      await refusal(save('mine'));
      away = undefined;
      put({ 'app.yaml': 'mine' });
      assert.equal(await store.sendKept(file), undefined);
      assert.deepEqual(await kept.all(), []);
    });

    it('are added together or not at all', async () => {
      const { store } = aWindow();
      const before = await store.list(file);
      const version = before.find(({ name }) => name === 'app.yaml')?.version ?? '';
      put({ 'app.yaml': 'theirs' });
      const changes = [
        { name: 'one', content: bytes('1'), ifVersion: null },
        { name: 'app.yaml', content: bytes('mine'), ifVersion: version },
      ];
      assert.equal((await refusal(store.sendAll(file, changes))).kind, 'moved');
      assert.deepEqual([content('one'), content()], [undefined, 'theirs']);
    });

    it('have a history where the server keeps one', async () => {
      const { store, save } = aWindow();
      await store.read(file, false);
      await save('second');
      const versions = await store.history(file);
      if (!live) return assert.equal(versions, undefined);
      assert.deepEqual(
        versions?.map(({ version, changedBy }) => [version, changedBy]),
        [
          ['2', 'admin'],
          ['1', 'admin'],
        ],
      );
      const past = await store.read({ ...file, version: '1' }, false);
      assert.equal(String(past), String(bytes('port: 8080')));
      await store.sendAll(file, [{ name: file.name, restore: '1', ifVersion: '2' }]);
      assert.equal(content(), 'port: 8080');
    });
  });
}
