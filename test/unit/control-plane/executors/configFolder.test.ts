import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  readConfig,
  removeConfig,
  writeConfig,
} from '../../../../src/control-plane/executors/configFolder.ts';
import type { SharedFolder } from '../../../../src/control-plane/region/sharedFolders.ts';

describe('the folder of a configuration', () => {
  let here: string;
  let shared: SharedFolder;
  const text = (value: string) => Buffer.from(value).toString('base64');

  beforeEach(async () => {
    here = await mkdtemp(join(tmpdir(), 'patr-config-'));
    shared = {
      here,
      onEngine: '/on/engine',
      mount: (target, readOnly) => ({ kind: 'bind', source: here, target, readOnly }),
    };
  });
  afterEach(() => rm(here, { recursive: true, force: true }));

  it('gives back what is in force, whatever is in it', async () => {
    const mounts = {
      'app.toml': text('port = 8080\n'),
      'binary.bin': Buffer.from([0, 255, 10]).toString('base64'),
    };
    assert.equal(await writeConfig(shared, 'one', mounts), '/on/engine/one');
    assert.deepEqual(await readConfig(shared, 'one'), mounts);
    const later = { 'app.toml': text('port = 9090\n') };
    await writeConfig(shared, 'one', later);
    assert.deepEqual(await readConfig(shared, 'one'), later);
  });

  it('has nothing of a deployment that never had any, or has none any more', async () => {
    assert.equal(await readConfig(shared, 'one'), undefined);
    await writeConfig(shared, 'one', { 'app.toml': text('x') });
    await removeConfig(shared, 'one');
    assert.equal(await readConfig(shared, 'one'), undefined);
  });
});
