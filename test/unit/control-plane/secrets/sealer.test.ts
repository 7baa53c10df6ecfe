import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createSealer, type SealingKey } from '../../../../src/control-plane/secrets/sealer.ts';
import {
  keysFileName,
  KeysFileError,
  loadSealer,
} from '../../../../src/control-plane/secrets/sealingKeys.ts';

function aKey(byte: number): SealingKey {
  return { id: byte.toString(16).padStart(16, '0'), madeAt: byte, key: Buffer.alloc(32, byte) };
}

describe('sealing', () => {
  const sealer = createSealer([aKey(1)]);
  const row = ['secret', 'w', 's', 1] as const;

  it('opens what it sealed, whatever the text and what it belongs to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.string()), (text, associated) => {
        assert.deepEqual(sealer.open(sealer.seal(text, associated), associated), { kind: 'opened', text });
      }),
    );
  });

  it('shows nothing of the text, and never seals it alike twice', () => {
    const sealed = sealer.seal('hunter2hunter2', row);
    const content = Buffer.from(sealed.split('.')[2] ?? '', 'base64url');
    assert.equal(content.includes('hunter2'), false);
    assert.notEqual(sealer.seal('hunter2hunter2', row), sealed);
  });

  it('opens nothing that belongs to another row, version or purpose', () => {
    const sealed = sealer.seal('text', row);
    for (const other of [
      ['secret', 'w', 't', 1],
      ['secret', 'x', 's', 1],
      ['secret', 'w', 's', 2],
      ['credential', 'w', 's', 1],
      ['secret', 'w', 's'],
      ['secret,w', 's', 1],
    ]) {
      assert.deepEqual(sealer.open(sealed, other), { kind: 'broken' });
    }
  });

  it('opens nothing that was changed, in any byte', () => {
    const [format, id, content = ''] = sealer.seal('text', row).split('.');
    const bytes = Buffer.from(content, 'base64url');
    for (const index of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const sealed = `${format}.${id}.${changed.toString('base64url')}`;
      assert.deepEqual(sealer.open(sealed, row), { kind: 'broken' });
    }
    for (const nonsense of ['', 'v1', `v1.${id}.AA`, `v2.${id}.${content}`, 'plain text']) {
      assert.deepEqual(sealer.open(nonsense, row), { kind: 'broken' });
    }
  });

  it('seals with the newest of several keys and opens with any of them', () => {
    const later = createSealer([aKey(1), aKey(2)]);
    const old = sealer.seal('text', row);
    const fresh = later.seal('text', row);
    assert.deepEqual(later.open(old, row), { kind: 'opened', text: 'text' });
    assert.equal(later.isCurrent(old), false);
    assert.equal(later.isCurrent(fresh), true);
    assert.deepEqual(sealer.open(fresh, row), { kind: 'keyMissing' });
  });
});

describe('the file of the sealing keys', () => {
  const dayMs = 24 * 60 * 60 * 1000;
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patr-keys-'));
    path = join(directory, keysFileName);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is made once, for its owner alone, and is read ever after', async () => {
    const sealed = (await loadSealer(directory, () => 0)).seal('text', ['x']);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const text = await readFile(path, 'utf8');
    const again = await loadSealer(directory, () => dayMs);
    assert.deepEqual(again.open(sealed, ['x']), { kind: 'opened', text: 'text' });
    assert.equal(again.isCurrent(sealed), true);
    assert.equal(await readFile(path, 'utf8'), text);
  });

  it('gets a successor when the newest key is 90 days old, and keeps the old one', async () => {
    const sealed = (await loadSealer(directory, () => 0)).seal('text', ['x']);
    const later = await loadSealer(directory, () => 90 * dayMs);
    assert.equal(later.isCurrent(sealed), false);
    assert.deepEqual(later.open(sealed, ['x']), { kind: 'opened', text: 'text' });
    const after = await loadSealer(directory, () => 91 * dayMs);
    assert.equal(after.isCurrent(later.seal('text', ['x'])), true);
  });

  for (const [what, text] of [
    ['no JSON', 'this is no JSON'],
    ['something else', '{"hello":1}'],
    ['a short key', JSON.stringify({ keys: [{ id: '0'.repeat(16), madeAt: 0, key: 'AAAA' }] })],
  ] as const) {
    it(`is refused and left alone when it holds ${what}`, async () => {
      await writeFile(path, text);
      await assert.rejects(() => loadSealer(directory, () => 0), KeysFileError);
      assert.equal(await readFile(path, 'utf8'), text);
    });
  }
});
