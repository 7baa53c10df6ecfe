import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseIgnore, type Judgement } from '../../../src/image/ignore.ts';

/** Judges a path as a walk does: every directory above it first. */
function excluded(text: string, path: string): boolean {
  const ignore = parseIgnore(text, false);
  const parts = path.split('/');
  let judgement: Judgement | undefined;
  for (let length = 1; length <= parts.length; length += 1) {
    judgement = ignore.judge(parts.slice(0, length).join('/'), judgement);
  }
  return judgement?.excluded === true;
}

describe('an ignore file', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['node_modules', 'node_modules/a/b.js', true],
    ['node_modules', 'sub/node_modules/a.js', false],
    ['**/node_modules', 'sub/node_modules/a.js', true],
    ['**/node_modules', 'node_modules', true],
    ['*.md\n!README.md', 'README.md', false],
    ['*.md\n!README.md', 'OTHER.md', true],
    ['!README.md\n*.md', 'README.md', true],
    ['*', 'a/b', true],
    ['*\n!a/b', 'a/b', false],
    ['*\n!a/b', 'a/c', true],
    ['*\n!**/*.js', 'deep/er/x.js', false],
    ['a/**', 'a', false],
    ['a/**', 'a/b/c', true],
    ['a/*/c', 'a/b/c', true],
    ['a/*/c', 'a/b/d/c', false],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'a/b/d/c', true],
    ['/a', 'a', true],
    ['./a/', 'a/x', true],
    ['a/../b', 'b', true],
    ['?.txt', 'a.txt', true],
    ['?.txt', 'ab.txt', false],
    ['[ab].txt', 'b.txt', true],
    ['[^ab].txt', 'b.txt', false],
    ['[a-c].txt', 'b.txt', true],
    ['# comment', '# comment', false],
    [' # no comment', '# no comment', true],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['c++', 'c++', true],
    ['(a|b).{x}', '(a|b).{x}', true],
    ['(a|b)*', 'a', false],
    ['a.b', 'aXb', false],
    ['constructor', 'constructor', true],
    ['toString', 'other', false],
    ['**', 'any/thing', true],
    ['**/*.log', 'x.log', true],
    ['**log', 'a.log', true],
    ['.git*', '.github/x', true],
    ['a\n!a/keep\na/keep/not', 'a/keep/not', true],
    ['\uFEFFa', 'a', true],
    ['a\r', 'a', true],
  ];
  for (const [text, path, expected] of cases) {
    it(`${JSON.stringify(text)} ${expected ? 'leaves out' : 'lets through'} ${path}`, () => {
      assert.equal(excluded(text, path), expected);
    });
  }

  it('says which line decided', () => {
    const ignore = parseIgnore('# c\n\n*.md\n!README.md\n', false);
    assert.equal(ignore.judge('OTHER.md', undefined).by?.line, 3);
    assert.equal(ignore.judge('README.md', undefined).by?.line, 4);
    assert.equal(ignore.judge('src', undefined).by, undefined);
  });

  it('lets a directory be skipped unless an exception may be below it', () => {
    const plain = parseIgnore('*\n!src/keep\n', false);
    assert.deepEqual(
      ['src', 'src/keep', 'node_modules', 'sr'].map((path) => plain.mayHoldExceptions(path)),
      [true, true, false, false],
    );
    assert.equal(parseIgnore('*\n!**/keep\n', false).mayHoldExceptions('any'), true);
  });

  it('is refused, with its line, when it is no pattern for Docker either', () => {
    assert.throws(() => parseIgnore('a\n!\n', false), /Line 2/);
    assert.throws(() => parseIgnore('[a\n', false), /Line 1.*never closed/);
  });

  it('takes backslashes for slashes on Windows', () => {
    assert.equal(parseIgnore('a\\b', true).judge('a/b', undefined).excluded, true);
  });

  it('may be any text: what is thrown is about a line', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (text, path) => {
        try {
          parseIgnore(text, false).judge(path, undefined);
        } catch (error) {
          assert.ok(error instanceof SyntaxError && error.message.startsWith('Line '), String(error));
        }
      }),
    );
  });
});
