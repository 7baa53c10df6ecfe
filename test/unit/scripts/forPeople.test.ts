import assert from 'node:assert/strict';
import { forPeople } from '../../../scripts/start/forPeople.ts';
import { BuildFailure, EngineError } from '../../../src/docker/engine.ts';
import { LocalHostError } from '../../../src/local/contract.ts';

describe('errors that npm start shows', () => {
  it('name the line of a Dockerfile that does not build, after its output', () => {
    const failure = new BuildFailure('exit code 127', {
      step: 'RUN nope',
      line: 7,
      output: ['nope: not found'],
    });
    assert.equal(
      (forPeople(failure) as Error).message,
      'nope: not found\nThe Dockerfile does not build, line 7 (RUN nope): exit code 127',
    );
  });

  it('are sentences where people can mend it, with what the control plane said last', () => {
    const refused = forPeople(new EngineError('unreachable', 'The engine is away.')) as Error;
    assert.deepEqual([refused.name, refused.message], ['SetupError', 'The engine is away.']);
    const silent = forPeople(new LocalHostError('It ended.', ['last words'])) as Error;
    assert.equal(silent.message, 'last words\nIt ended.');
  });

  it('stay what they are when they are defects', () => {
    const defect = new TypeError('x is not a function');
    assert.equal(forPeople(defect), defect);
  });
});
