import assert from 'node:assert/strict';
import { startOutcome } from '../../../src/docker/containers.ts';
import {
  BuildFailure,
  EngineError,
  isBuildFailure,
  isEngineError,
  type EngineErrorKind,
} from '../../../src/docker/engine.ts';
import { kindOfMessage, Refusal, refusalOf, translate } from '../../../src/docker/errors.ts';

const socket = { kind: 'unix', path: '/run/x.sock' } as const;

function translated(code: string): EngineError {
  const told = translate(Object.assign(new Error(`connect ${code}`), { code }), socket);
  assert.ok(told instanceof EngineError);
  return told;
}

describe('errors of the engine', () => {
  const kinds: readonly (readonly [string, EngineErrorKind, RegExp])[] = [
    ['EACCES', 'forbidden', /usermod -aG docker/],
    ['ENOENT', 'unreachable', /Start it/],
    ['ECONNREFUSED', 'unreachable', /not running/],
    ['ENOTFOUND', 'unreachable', /network/],
    ['ECONNRESET', 'unreachable', /broke off/],
  ];
  for (const [code, kind, words] of kinds) {
    it(`say what to do about ${code}, and where`, () => {
      const told = translated(code);
      assert.equal(told.kind, kind);
      assert.match(told.message, words);
      assert.match(told.message, /unix:\/\/\/run\/x\.sock/);
      assert.ok(told.cause instanceof Error);
    });
  }

  it('take kinds from the words of engines and registries', () => {
    assert.equal(kindOfMessage('write /x: no space left on device'), 'noRoom');
    assert.equal(kindOfMessage('unauthorized: authentication required'), 'denied');
    assert.equal(
      kindOfMessage('pull access denied for x, repository does not exist or may require docker login'),
      'denied',
    );
    assert.equal(kindOfMessage('manifest unknown: manifest unknown'), 'notFound');
    assert.equal(
      kindOfMessage('can not get logs from container which is dead or marked for removal'),
      'notFound',
    );
    assert.equal(kindOfMessage('client version 1.47 is too new. Maximum supported is 1.41'), 'tooOld');
    assert.equal(kindOfMessage('something else'), 'failed');
  });

  it('read the words out of any error body', () => {
    assert.equal(refusalOf(500, '{"message":"a"}').message, 'a');
    assert.equal(refusalOf(500, '{"cause":"b"}').message, 'b');
    assert.equal(refusalOf(502, '<html>').message, '<html>');
    assert.match(refusalOf(502, '').message, /502/);
  });

  it('take status 404 without telling words for not found, 403 for denied', () => {
    const kindOf = (status: number): unknown =>
      (translate(new Refusal(status, 'hm'), socket) as EngineError).kind;
    assert.equal(kindOf(404), 'notFound');
    assert.equal(kindOf(403), 'denied');
    assert.equal(kindOf(500), 'failed');
  });

  it('leave aborts and failures of builds as they are', () => {
    const abort = new DOMException('stop', 'AbortError');
    const failure = new BuildFailure('no', { output: [] });
    assert.equal(translate(abort, socket), abort);
    assert.equal(translate(failure, socket), failure);
  });

  it('are told by name and shape, because two bundles have two classes', () => {
    const foreign = Object.assign(new Error('x'), { name: 'EngineError', kind: 'denied' });
    assert.ok(
      isEngineError(foreign) && isEngineError(foreign, 'denied') && !isEngineError(foreign, 'failed'),
    );
    assert.ok(!isEngineError(new Error('x')));
    assert.ok(isBuildFailure(Object.assign(new Error('x'), { name: 'BuildFailure', output: [] })));
  });
});

describe('outcome of a start', () => {
  it('is started when the container runs already', () => {
    assert.deepEqual(startOutcome(304, ''), { kind: 'started' });
    assert.deepEqual(startOutcome(204, ''), { kind: 'started' });
  });

  it('tells a taken port in the words of every engine', () => {
    for (const message of [
      'driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated',
      'listen tcp4 127.0.0.1:80: bind: address already in use',
      'Ports are not available: exposing port TCP 0.0.0.0:80',
    ]) {
      assert.equal(startOutcome(500, message).kind, 'portTaken');
    }
  });

  it('tells an absent container from a missing program', () => {
    assert.equal(startOutcome(404, 'No such container: x').kind, 'absent');
    assert.equal(startOutcome(404, 'exec: "nope": executable file not found').kind, 'failed');
  });
});
