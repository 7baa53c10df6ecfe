import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DatabaseTooNewError,
  openDatabase,
  schemaVersion,
  sha256,
} from '../../../../src/control-plane/state/database.ts';
import { hostLabels } from '../../../../src/control-plane/state/migrations/0008-host-labels.ts';
import { configMounts } from '../../../../src/control-plane/state/migrations/0012-config-mounts.ts';
import { migrations } from '../../../../src/control-plane/state/migrations/all.ts';
import { seed } from '../../../../src/control-plane/state/seed.ts';
import { Store } from '../../../../src/control-plane/state/store.ts';
import { countingIds } from '../../../support/controlPlane.ts';

describe('the database', () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patr-state-'));
    path = join(directory, 'state.db');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('survives a power cut: WAL with full synchronisation, and keeps foreign keys', () => {
    const database = openDatabase(path);
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    assert.equal(database.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
    assert.equal(database.prepare('PRAGMA foreign_keys').get()?.['foreign_keys'], 1);
    database.close();
  });

  for (let version = 1; version <= migrations.length; version++) {
    it(`opens a database of version ${version} and keeps what is in it`, () => {
      // What the oldest one holds, written the way its own version did: by its migrations alone.
      const old = openDatabase(path, migrations.slice(0, version));
      old.exec(`
        INSERT INTO user VALUES ('u', 'local', 'Local', 'User', 1);
        INSERT INTO workspace VALUES ('w', 'Local', 'u', 1);
        INSERT INTO region VALUES ('r', 'w', 'Local', 1);
        INSERT INTO machine_type VALUES ('m', 1, 2);
        INSERT INTO repository VALUES ('p', 'w', 'shop', 1, 1);
        INSERT INTO deployment (id, workspace_id, name, name_key, named_at, registry, repository_id, image_tag,
          region_id, machine_type_id, deploy_on_push, min_scale, max_scale, intent, config, target_release_id,
          scale, pushes_paused, revision, created_at, updated_at)
        VALUES ('d', 'w', 'Shop', 'shop', 1, 'registry.patr.cloud', 'p', 'latest', 'r', 'm', 1, 1, 2, 'created',
          '{"ports":{"80":"http"},"environment":{},"configMounts":{},"volumes":{},"machineTypeId":"m"}',
          NULL, 1, 0, 1, 1, 1);
      `);
      old.close();
      const database = openDatabase(path);
      assert.equal(schemaVersion(database), migrations.length);
      const store = new Store(database, assert.ifError);
      store.change(() => seed(store.identity, 'local', 2, countingIds()));
      assert.equal(store.identity.user()?.id, 'u');
      const deployment = store.deployments.find('d');
      assert.equal(deployment?.name, 'Shop');
      const labelled = version > migrations.indexOf(hostLabels);
      if (!labelled) assert.equal(store.deployments.hostLabel(deployment!), 'shop');
      assert.deepEqual(deployment?.source, { registry: 'registry.patr.cloud', repositoryId: 'p' });
      assert.deepEqual(store.repositories.seenTags('p'), []);
      store.dispose();
    });
  }

  it('takes config mounts of before over as generations, with what the newest releases had', () => {
    const old = openDatabase(path, migrations.slice(0, migrations.indexOf(configMounts)));
    const config = (mounts: object): string =>
      JSON.stringify({ ports: {}, environment: {}, configMounts: mounts, volumes: {}, machineTypeId: 'm' });
    old.exec(`
      INSERT INTO user VALUES ('u', 'local', 'Local', 'User', 1);
      INSERT INTO workspace VALUES ('w', 'Local', 'u', 1);
      INSERT INTO region VALUES ('r', 'w', 'Local', 1);
      INSERT INTO machine_type VALUES ('m', 1, 2);
      INSERT INTO deployment (id, workspace_id, name, name_key, named_at, registry, image_name, image_tag,
        region_id, machine_type_id, deploy_on_push, min_scale, max_scale, intent, config, target_release_id,
        scale, pushes_paused, revision, created_at, updated_at)
      VALUES ('d', 'w', 'Shop', 'shop', 1, 'docker.io', 'nginx', 'latest', 'r', 'm', 1, 1, 2, 'running',
        '${config({ 'a.toml': 'Mw==', b: '' })}', NULL, 1, 0, 1, 1, 9);
    `);
    const release = old.prepare(`INSERT INTO release
      (id, deployment_id, number, registry, image_name, image_tag, config, cause, state, created_at)
      VALUES (?, 'd', ?, 'docker.io', 'nginx', 'latest', ?, 'update', 'retired', ?)`);
    release.run('r1', 1, config({ 'a.toml': 'MQ==' }), 1);
    release.run('r2', 2, config({ 'a.toml': 'Mg==', c: 'eA==' }), 2);
    old.close();

    const store = new Store(openDatabase(path), assert.ifError);
    const texts = (generation: number): object =>
      Object.fromEntries(
        Array.from(store.configMounts.at('d', generation), ([name, content]) => [name, content.toString()]),
      );
    assert.equal(store.configMounts.generation('d'), 3);
    assert.equal(store.configMounts.announced('d'), 3);
    assert.deepEqual(
      [texts(1), texts(2), texts(3)],
      [{ 'a.toml': '1' }, { 'a.toml': '2', c: 'x' }, { 'a.toml': '3', b: '' }],
    );
    const [first] = store.configMounts.list('d');
    assert.deepEqual([first?.size, first?.digest, first?.changedAt], [1, sha256(Buffer.from('3')), 9]);
    const second = store.releases.find('r2');
    assert.deepEqual([second?.configGeneration, second?.configFiles], [2, 2]);
    assert.equal('configMounts' in (second?.config ?? {}), false);
    store.dispose();
  });

  it('opens twice without doing anything again', () => {
    openDatabase(path).close();
    const again = openDatabase(path);
    assert.equal(schemaVersion(again), migrations.length);
    again.close();
  });

  it('refuses a database of a newer version and leaves it alone', () => {
    openDatabase(path, [...migrations, 'CREATE TABLE later (id TEXT) STRICT']).close();
    assert.throws(() => openDatabase(path), DatabaseTooNewError);
    const kept = new DatabaseSync(path);
    assert.equal(schemaVersion(kept), migrations.length + 1);
    kept.close();
  });

  it('applies a migration wholly or not at all', () => {
    openDatabase(path, migrations.slice(0, 1)).close();
    const broken = [...migrations.slice(0, 1), 'CREATE TABLE half (id TEXT) STRICT; SELECT nonsense'];
    assert.throws(() => openDatabase(path, broken));
    const database = openDatabase(path);
    assert.equal(schemaVersion(database), migrations.length);
    assert.equal(
      database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half'").get()?.['n'],
      0,
    );
    database.close();
  });

  it('says so when the file is no database', async () => {
    await writeFile(path, 'this is a text file, and long enough to be looked at as a header of a database');
    assert.throws(() => openDatabase(path), /not a database/);
  });
});
