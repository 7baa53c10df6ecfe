import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addFiles } from '../../../../../webview/shared/fields/addFiles.ts';
import {
  encodeBytes,
  encodeText,
  mostContentBytes,
  sizeOf,
  textOf,
} from '../../../../../webview/shared/fields/content.ts';

describe('the content of a config mount', () => {
  it('is the same text after it was encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\0'));
        assert.equal(textOf(encodeText(text)), text);
      }),
    );
  });

  it('has the size of its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => assert.equal(sizeOf(encodeBytes(bytes)), bytes.length)),
    );
  });

  it('is no text when it is none', () => {
    assert.equal(textOf(encodeBytes(Uint8Array.of(0xff, 0xfe, 0x00))), undefined);
    assert.equal(textOf('not base64!'), undefined);
  });
});

describe('files that are dropped', () => {
  it('become config mounts; one of the same name replaces the content', async () => {
    const before = [{ key: 4, name: 'app.toml', content: encodeText('old') }];
    const { added, problem } = await addFiles(
      [new File(['new'], 'app.toml'), new File(['b'], 'b.txt')],
      before,
    );
    assert.equal(problem, undefined);
    assert.deepEqual(
      added(before).map(({ key, name, content }) => [key, name, textOf(content)]),
      [
        [4, 'app.toml', 'new'],
        [5, 'b.txt', 'b'],
      ],
    );
  });

  it('are left out when they are too much, and the others are kept', async () => {
    const large = new File([new Uint8Array(mostContentBytes + 1)], 'large.bin');
    const { added, problem } = await addFiles([large, new File(['s'], 'small.txt')], []);
    assert.deepEqual(
      added([]).map(({ name }) => name),
      ['small.txt'],
    );
    assert.match(problem ?? '', /^large\.bin is left out: config mounts may have 512 KB together\./);
  });
});
