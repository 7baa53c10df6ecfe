import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import {
  base64Bytes,
  caseTwins,
  configBreaches,
  configLimits,
  configNameProblem,
} from '../../../src/protocol/configMounts.ts';
import { decode } from '../../../src/protocol/decode.ts';
import { createDeployment } from '../../../src/protocol/shapes/deployment.ts';
import { changeConfigMounts, configMountName } from '../../../src/protocol/shapes/configMount.ts';

/** Anything at all, and things that come close to names of files. */
const anyName = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('a', 'A', '.', '/', '\\', '\0', 'é', 'é', ':', ' ', '-', '1', '(', '~'),
  }),
  fc.constantFrom('NUL', 'con.txt', 'Com1', 'lpt9.log', '..data', '..', '.', '..new', 'a.', 'x'.repeat(300)),
);

describe('the rule for names of config mounts', () => {
  it('lets through bare file names only, which stay what they are wherever they are joined', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        if (configNameProblem(name) !== undefined) return;
        for (const path of [posix, win32]) {
          const joined = path.join(path.sep, 'etc', 'config', name);
          assert.equal(path.dirname(joined), path.join(path.sep, 'etc', 'config'));
          assert.equal(path.basename(joined), name);
        }
        assert.equal(name.normalize('NFC'), name);
        assert.equal(name.normalize('NFD'), name);
        assert.equal(encodeURIComponent(name).replaceAll('%20', ' '), name);
        assert.ok(!name.startsWith('..') && !name.endsWith('.') && name.length <= 240);
      }),
      { numRuns: 2000 },
    );
  });

  it('says what is wrong, and the decoder at the door says the very same', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const decoded = decode(configMountName, name);
        const expected = configNameProblem(name);
        assert.equal(decoded.ok ? undefined : decoded.fields[0]?.message, expected);
      }),
    );
    const wrong = {
      '': /empty/,
      'a/b': /letters/,
      '..x': /two dots/,
      'NUL.txt': /device/,
      'a.': /end with a dot/,
    };
    for (const [name, words] of Object.entries(wrong)) assert.match(configNameProblem(name) ?? '', words);
    for (const name of [
      '.env',
      'app.toml',
      'A(1).json',
      'nul-file',
      'console.log',
      '-',
      '_',
      'x'.repeat(240),
    ])
      assert.equal(configNameProblem(name), undefined, name);
  });

  it('finds names that differ in upper and lower case alone, and no others', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'B') })), (names) => {
        const distinct = new Set(names.map((name) => name.toLowerCase())).size;
        assert.equal(caseTwins(names).length, names.length - distinct);
      }),
    );
  });
});

describe('what fits under /etc/config', () => {
  it('has bounds for each file, for all together and for their number', () => {
    const { fileBytes, totalBytes, mounts } = configLimits;
    const fields = (sizes: readonly (readonly [string, number])[]) =>
      configBreaches(new Map(sizes)).map(({ field }) => field);
    assert.deepEqual(fields([['a', fileBytes]]), []);
    assert.deepEqual(fields([['a', fileBytes + 1]]), ['configMounts.a']);
    const many = (count: number, size: number) =>
      Array.from({ length: count }, (_, index) => [`f${index}`, size] as const);
    assert.deepEqual(fields(many(mounts, 1)), []);
    assert.deepEqual(fields(many(mounts + 1, 1)), ['configMounts']);
    assert.deepEqual(fields(many(totalBytes / fileBytes, fileBytes)), []);
    assert.deepEqual(fields([...many(totalBytes / fileBytes, fileBytes), ['one', 1]]), ['configMounts']);
  });

  it('is told at the field of a form', () => {
    const decoded = decode(createDeployment, { configMounts: { 'app.toml': '', 'App.toml': '' } });
    const fields = decoded.ok ? [] : decoded.fields;
    const [twin] = fields.filter(({ field }) => field.startsWith('configMounts'));
    assert.equal(twin?.field, 'configMounts.App.toml');
    assert.match(twin?.message ?? '', /differ from app\.toml/);
  });

  it('is counted in bytes, not in characters of Base64', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.equal(base64Bytes(Buffer.from(bytes).toString('base64')), bytes.length);
      }),
    );
  });
});

describe('a change of config mounts', () => {
  it('is exactly one of writing, deleting, renaming and bringing back', () => {
    const ok = (change: object): boolean =>
      decode(changeConfigMounts, { changes: [{ name: 'a', ...change }] }).ok;
    for (const change of [{ content: '' }, { content: null }, { from: 'b' }, { restore: 1 }])
      assert.ok(ok(change) && ok({ ...change, ifVersion: null }) && ok({ ...change, ifVersion: 3 }));
    for (const change of [
      {},
      { content: '', from: 'b' },
      { content: null, restore: 1 },
      { content: 'no Base64' },
    ])
      assert.ok(!ok(change), JSON.stringify(change));
    assert.ok(!decode(changeConfigMounts, { changes: [] }).ok);
  });
});
