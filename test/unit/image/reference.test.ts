import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatReference, parseReference, repositoryName } from '../../../src/image/reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('an image reference', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['node', 'docker.io/library/node'],
    ['node:24-slim', 'docker.io/library/node:24-slim'],
    ['shop/web', 'docker.io/shop/web'],
    ['index.docker.io/node', 'docker.io/library/node'],
    ['localhost/web', 'localhost/web'],
    ['localhost:7050/a/b:v1', 'localhost:7050/a/b:v1'],
    ['ghcr.io/a/b', 'ghcr.io/a/b'],
    [`a@${digest}`, `docker.io/library/a@${digest}`],
    [`[::1]:5000/a:1@${digest}`, `[::1]:5000/a:1@${digest}`],
    ['', undefined],
    ['Upper', undefined],
    ['a:', undefined],
    ['a:bad tag', undefined],
    ['a@sha256:short', undefined],
    ['a//b', undefined],
    ['https://a.example/b', undefined],
    ['-a', undefined],
  ];
  for (const [text, full] of cases) {
    it(`${JSON.stringify(text)} is ${full === undefined ? 'none' : full.slice(0, 40)}`, () => {
      const reference = parseReference(text);
      assert.equal(reference === undefined ? undefined : formatReference(reference), full);
    });
  }

  it('never throws, and its full form is read as the same reference', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const made = fc
      .tuple(
        fc.constantFrom('', 'localhost:5000/', 'r.example/'),
        part,
        part,
        fc.constantFrom('', ':1', `@${digest}`),
      )
      .map(([host, one, two, tail]) => `${host}${one}/${two}${tail}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), made), (text) => {
        const reference = parseReference(text);
        if (reference !== undefined) assert.deepEqual(parseReference(formatReference(reference)), reference);
      }),
    );
  });

  it('can be named after any folder', () => {
    assert.equal(repositoryName('My Café (v2)'), 'my-cafe-v2');
    assert.equal(repositoryName('***'), 'app');
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.notEqual(parseReference(repositoryName(text)), undefined);
      }),
    );
  });
});
