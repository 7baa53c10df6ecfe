import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  documentAddress,
  documentKinds,
  parseDocumentAddress,
} from '../../../src/extension/documents/documentAddress.ts';
import { eventsText } from '../../../src/extension/documents/eventsText.ts';
import type { ReleaseInfo } from '../../../src/protocol/shapes/release.ts';

describe('the address of a document', () => {
  const text = fc.string({ minLength: 1 }).filter((one) => !one.includes('/'));

  it('is read as it was written', () => {
    const subject = fc.record(
      { kind: fc.constantFrom(...documentKinds), id: text, connection: text, name: text },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(subject, (one) => {
        assert.deepEqual(parseDocumentAddress(documentAddress(one)), one);
      }),
    );
  });

  it('has no folders in the name', () => {
    const { path } = documentAddress({ kind: 'events', id: 'a', connection: 'local', name: '../../b' });
    assert.equal(path, '/events/a/..-..-b');
  });

  it('is none of ours with another scheme, kind or depth', () => {
    for (const [scheme, path] of [
      ['file', '/events/a/b'],
      ['patr', '/other/a/b'],
      ['patr', '/events/a'],
      ['patr', '/events/a/b/c'],
      ['patr', 'events/a/b'],
    ] as const)
      assert.equal(parseDocumentAddress({ scheme, authority: '', path }), undefined, `${scheme}:${path}`);
  });

  it('names no connection for what is of the local region, as it never did', () => {
    const subject = { kind: 'events', id: 'a', connection: 'local', name: 'b' } as const;
    assert.equal(documentAddress(subject).authority, '');
    assert.deepEqual(parseDocumentAddress({ scheme: 'patr', authority: '', path: '/events/a/b' }), subject);
  });
});

describe('the events as a document', () => {
  const release: ReleaseInfo = {
    id: '1',
    number: 2,
    digest: `sha256:${'a'.repeat(64)}`,
    imageTag: 'latest',
    cause: 'push',
    state: 'live',
    created: 0,
    finished: 4200,
    tookMs: 4200,
    proof: { requests: 1200, failures: 0, cutOverMs: 31, drainMs: 1500 },
  };

  it('say what was decided and why, and what each rollout did to the traffic', () => {
    const event = {
      id: 1,
      at: 0,
      kind: 'probeFailed',
      message: 'It was replaced:\nit failed 15 times.',
      release: 2,
    };
    const failed: ReleaseInfo = {
      id: '2',
      number: 3,
      digest: null,
      imageTag: 'latest',
      cause: 'update',
      state: 'failed',
      created: 0,
      reason: { code: 'exited', message: 'It exits at once.' },
    };
    const text = eventsText('web', [event], [failed, release]);
    for (const part of [
      '1970-01-01T00:00:00.000Z  v2 live, pushed, live after 4.2 s, sha256:aaaaaaaaaaaa',
      'proof: 1200 requests, none failed; took over in 31 ms, the old ones drained in 1.5 s',
      'v3 failed, configuration changed\n                          It exits at once.',
      '1970-01-01T00:00:00.000Z  v2: It was replaced:\n                          it failed 15 times.',
    ])
      assert.ok(text.includes(part), `${part}\nis not in\n${text}`);
  });

  it('tell nothing from what is not told', () => {
    assert.match(eventsText('web', [], []), /ROLLOUTS\nNone yet\.\n\nEVENTS\nNone yet\./);
    assert.match(eventsText('web', undefined, undefined), /tells nothing of its rollouts[^]*keeps no events/);
  });
});
