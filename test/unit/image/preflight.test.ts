import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ContextPreview } from '../../../src/image/contextPreview.ts';
import { formatBytes } from '../../../src/base/formatBytes.ts';
import { preflight, type PreflightFacts } from '../../../src/image/preflight.ts';
import { addToPush, emptyPush } from '../../../src/image/pushImage.ts';
import type { TransferProgress } from '../../../src/docker/engine.ts';

const good = 'FROM node:24\nEXPOSE 8080\nCMD ["node"]\n';

function codes(facts: Partial<PreflightFacts>): string[] {
  return preflight({ dockerfile: 'Dockerfile', text: good, ...facts }).map(
    ({ severity, code }) => `${severity} ${code}`,
  );
}

function aPreview(facts: Partial<ContextPreview> = {}): ContextPreview {
  const excluded = { files: 0, directories: 0, byLine: [] };
  return {
    files: 1,
    bytes: 10,
    biggest: [],
    excluded,
    ignoreFile: undefined,
    redFlags: [],
    suggestions: [],
    ...facts,
  };
}

describe('preflight', () => {
  const cases: readonly (readonly [string, Partial<PreflightFacts>, readonly string[]])[] = [
    ['finds nothing wrong with what is well', { context: aPreview(), ports: [8080], freeBytes: 1e12 }, []],
    ['stops without a Dockerfile', { text: { missing: true } }, ['stop dockerfileMissing']],
    ['stops at one that cannot be read', { text: { unreadable: 'EACCES' } }, ['stop dockerfileUnreadable']],
    ['stops at an empty one', { text: '# only\n' }, ['stop dockerfileInvalid']],
    ['stops at an unknown instruction', { text: 'FROM a\nFOO b\n' }, ['stop dockerfileInvalid']],
    ['stops without a FROM', { text: 'ARG A\n' }, ['stop dockerfileInvalid']],
    ['stops at an instruction before the FROM', { text: 'RUN a\nFROM b\n' }, ['stop dockerfileInvalid']],
    ['stops at a target that is no stage', { target: 'nope' }, ['stop dockerfileInvalid']],
    ['leaves instructions to a frontend of its own', { text: '# syntax=x/y\nFOO\nFROM a\nEXPOSE 1\n' }, []],
    ['warns when it cannot tell the port', { text: 'FROM a\n' }, ['warn noExposedPort']],
    ['trusts a port that was named', { text: 'FROM a\n', ports: [80] }, []],
    ['warns of a port that is not exposed', { ports: [8080, 80] }, ['warn portNotExposed']],
    [
      "stops at a platform that is not the region's",
      { buildPlatform: 'linux/arm64', regionPlatform: 'linux/amd64' },
      ['stop platformDiffers'],
    ],
    [
      'takes arm64 and its variant for the same',
      { text: 'FROM --platform=linux/arm64/v8 a\nEXPOSE 1\n', regionPlatform: 'linux/arm64' },
      [],
    ],
    ['warns when room is short', { freeBytes: 5e8 }, ['warn littleRoom']],
    [
      'stops when there is no room',
      { freeBytes: 5e8, context: aPreview({ bytes: 4e8 }) },
      ['stop littleRoom'],
    ],
    [
      'warns of secrets, not of packages',
      {
        context: aPreview({
          redFlags: [
            { path: 'node_modules', kind: 'dependencies', pattern: '**/node_modules' },
            { path: '.env', kind: 'environment', pattern: '**/.env' },
          ],
          suggestions: ['**/.env'],
        }),
      },
      ['warn secretsInContext'],
    ],
    ['warns of a large context', { context: aPreview({ bytes: 6e8 }) }, ['warn largeContext']],
  ];
  for (const [behaviour, facts, expected] of cases) {
    it(behaviour, () => assert.deepEqual(codes(facts), expected));
  }

  it('says the line of what is wrong', () => {
    const [finding] = preflight({ dockerfile: 'Dockerfile', text: 'FROM a\n\nFOO b\n' });
    assert.match(finding?.message ?? '', /line 3: FOO/);
  });

  it('shows sizes as people read them', () => {
    assert.deepEqual([0, 999, 1000, 3_140_000, 41e6, 999_960_000, 2e12].map(formatBytes), [
      '0 B',
      '999 B',
      '1 kB',
      '3.1 MB',
      '41 MB',
      '1 GB',
      '2 TB',
    ]);
  });
});

describe('progress of a push', () => {
  const push = (...events: TransferProgress[]) => events.reduce(addToPush, emptyPush).state;

  it('counts layers that are there already and what is left', () => {
    const state = push(
      { layer: 'a', state: 'waiting' },
      { layer: 'b', state: 'exists' },
      { layer: 'c', state: 'moving', done: 25, total: 100 },
      { layer: 'd', state: 'moving', done: 10, total: 10 },
      { layer: 'd', state: 'finished' },
    );
    assert.deepEqual(state, {
      kind: 'progress',
      layers: 4,
      alreadyThere: 1,
      finished: 1,
      sentBytes: 35,
      leftBytes: 75,
      share: 0.5625,
    });
  });

  it('is a number also for a layer without content', () => {
    assert.equal(push({ layer: 'a', state: 'moving', done: 0, total: 0 }).share, 0);
  });

  it('never runs backwards and never beyond the whole', () => {
    const event = fc.record({
      layer: fc.constantFrom('a', 'b', 'c'),
      state: fc.constantFrom('waiting' as const, 'moving' as const, 'exists' as const, 'finished' as const),
      done: fc.nat(100),
      total: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let tally = emptyPush;
        for (const one of events) {
          const next = addToPush(tally, one);
          assert.ok(next.state.share >= tally.state.share && next.state.share <= 1);
          assert.ok(
            next.state.leftBytes >= 0 && next.state.alreadyThere + next.state.finished <= next.state.layers,
          );
          tally = next;
        }
      }),
    );
  });
});
