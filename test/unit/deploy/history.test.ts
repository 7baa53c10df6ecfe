import assert from 'node:assert/strict';
import fc from 'fast-check';
import { differences, usualParts, type Made } from '../../../src/deploy/differences.ts';
import { revertParts, type RevertPart } from '../../../src/protocol/shapes/release.ts';
import { aRelease } from '../../support/fakePatrState.ts';

const base: Made = aRelease({ number: 1 });
const partsOf = (to: Made): readonly RevertPart[] => differences(base, to).map(({ part }) => part);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A change of each part, and what is said of it. */
const changes: { readonly [K in RevertPart]: [Partial<Made>, RegExp] } = {
  image: [{ digest: `sha256:${'2'.repeat(64)}` }, /^image: latest sha256:1+ → latest sha256:2+$/],
  environment: [{ environmentVariables: { MODE: 'dev' } }, /^MODE: none → "dev"$/],
  ports: [{ ports: { 8080: 'tcp' } }, /^8080: http → tcp$/],
  probes: [{ startupProbe: { port: 8080, path: '/up' } }, /^startup probe: none → :8080\/up$/],
  configMounts: [{ configMounts: { 'a.conf': base64('four') } }, /^a\.conf: none → 4 bytes$/],
  volumes: [{ volumes: { ['6'.repeat(32)]: '/data' } }, /^6+: none → \/data$/],
  machineType: [{ machineType: '7'.repeat(32) }, /^machine type: 3+ → 7+$/],
};

describe('what a revert would change', () => {
  it('is nothing between a release and itself', () => {
    assert.deepEqual(differences(base, base), []);
  });

  for (const part of revertParts) {
    it(`is told for ${part}, and for that alone`, () => {
      const [change, words] = changes[part];
      const [found, ...others] = differences(base, { ...base, ...change });
      assert.deepEqual([found?.part, others], [part, []]);
      assert.match(found?.lines.join() ?? '', words);
    });
  }

  it('is told when a variable goes, and never with the value of a secret', () => {
    const before = { ...base, environmentVariables: { KEY: { fromSecret: '8'.repeat(32) }, A: 'b' } };
    assert.deepEqual(differences(before, base)[0]?.lines, [
      'A: "b" → none',
      `KEY: secret ${'8'.repeat(32)} → none`,
    ]);
  });

  it('sees content of the same size that differs', () => {
    const mount = (text: string): Made => ({ ...base, configMounts: { a: base64(text) } });
    assert.equal(differences(mount('one'), mount('two')).length, 1);
    assert.equal(differences(mount('one'), mount('one')).length, 0);
  });

  it('names each part at most once, whatever changes together', () => {
    fc.assert(
      fc.property(fc.subarray([...revertParts]), (chosen) => {
        const to = Object.assign({}, base, ...chosen.map((part) => changes[part][0])) as Made;
        assert.deepEqual(
          partsOf(to),
          revertParts.filter((part) => chosen.includes(part)),
        );
      }),
    );
  });

  it('ticks the image and what has to fit it, and nothing of the surroundings', () => {
    assert.deepEqual(Array.from(usualParts), ['image', 'ports', 'probes']);
  });
});
