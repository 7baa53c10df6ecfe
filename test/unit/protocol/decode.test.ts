import assert from 'node:assert/strict';
import { decode, decodeOr } from '../../../src/protocol/decode.ts';
import { isProblem, ProblemError, problem, toFailure } from '../../../src/protocol/problems.ts';
import {
  createDeployment,
  deploymentInfo,
  updateDeployment,
} from '../../../src/protocol/shapes/deployment.ts';

const good = {
  name: 'shop api',
  registry: 'docker.io',
  imageName: 'library/nginx',
  imageTag: '1.27',
  runner: 'a'.repeat(32),
  machineType: 'b'.repeat(32),
  deployOnPush: false,
  deployOnCreate: true,
  minHorizontalScale: 1,
  maxHorizontalScale: 3,
  ports: { 80: 'http' },
};

function problems(changes: Record<string, unknown>): Record<string, string> {
  const decoded = decode(createDeployment, { ...good, ...changes });
  assert.equal(decoded.ok, false);
  return decoded.ok ? {} : Object.fromEntries(decoded.fields.map(({ field, message }) => [field, message]));
}

describe('decoding', () => {
  it('fills in what may be absent', () => {
    const decoded = decode(createDeployment, good);
    assert.equal(decoded.ok, true);
    assert.deepEqual(decoded.ok && decoded.value.environmentVariables, {});
  });

  it('names each field that breaks its rule, with a clause that reads after its name', () => {
    assert.match(problems({ name: 'a' })['name'] ?? '', /^must have 4 to 255 characters/);
    assert.match(problems({ ports: { 0: 'http' } })['ports.0'] ?? '', /^must be a port/);
    assert.match(problems({ minHorizontalScale: 0 })['minHorizontalScale'] ?? '', /at least 1/);
    assert.match(
      problems({ startupProbe: { port: 80, path: 'up' } })['startupProbe.path'] ?? '',
      /start with \//,
    );
    assert.match(problems({ configMounts: { 'a/b': '' } })['configMounts.a/b'] ?? '', /file name/);
  });

  it('tells a wrong shape from a value against a rule', () => {
    const shape = decode(createDeployment, { ...good, deployOnPush: 'yes' });
    assert.equal(!shape.ok && shape.shape, true);
    const rule = decode(createDeployment, { ...good, name: 'a' });
    assert.equal(!rule.ok && rule.shape, false);
    assert.equal(decode(createDeployment, null).ok, false);
  });

  it("tries Patr's own registry first and says what an external image lacks", () => {
    const own = {
      ...good,
      registry: 'registry.patr.cloud',
      imageName: undefined,
      repositoryId: 'c'.repeat(32),
    };
    const decoded = decode(createDeployment, own);
    assert.equal(decoded.ok && 'repositoryId' in decoded.value, true);
    assert.match(problems({ imageName: 'a' })['imageName'] ?? '', /path of an image/);
  });

  it('does not take the own registry for an external one', () => {
    assert.match(problems({ registry: 'registry.patr.cloud' })['registry'] ?? '', /repositoryId/);
  });

  it('takes port 0 as "remove the probe" in updates alone', () => {
    assert.equal(decode(updateDeployment, { startupProbe: { port: 0, path: '' } }).ok, true);
    assert.equal(decode(createDeployment, { ...good, startupProbe: { port: 0, path: '/' } }).ok, false);
  });

  it('reads a deployment of a newer or sparser server', () => {
    const decoded = decode(deploymentInfo, {
      id: 'd'.repeat(32),
      name: 'x',
      registry: 'docker.io',
      imageName: 'a',
      imageTag: 'b',
      status: 'hibernating',
      runner: 'a'.repeat(32),
      machineType: 'b'.repeat(32),
      somethingNew: 1,
    });
    assert.equal(decoded.ok, true);
    assert.equal(decoded.ok && decoded.value.status, 'unknown');
    assert.equal(decoded.ok && decoded.value.currentLiveDigest, null);
    assert.deepEqual(decoded.ok && decoded.value.ports, {});
  });

  it('throws the sentence of its stage', () => {
    assert.throws(
      () => decodeOr(createDeployment, 7, 'Invalid body'),
      (error: unknown) => isProblem(error, 'wrongParameters') && error.message === 'Invalid body',
    );
  });
});

describe('problems', () => {
  it('carry code, status, sentence and fields, and nothing that is not there', () => {
    assert.deepEqual(toFailure(problem('resourceDoesNotExist')), {
      success: false,
      error: 'resourceDoesNotExist',
      message: 'It does not exist (any more).',
    });
    const fields = [{ field: 'name', message: 'is already taken' }];
    const taken = problem('resourceAlreadyExists', { says: 'Taken.', fields, cause: new Error('x') });
    assert.ok(taken instanceof ProblemError);
    assert.equal(taken.status, 409);
    assert.deepEqual(toFailure(taken).fields, fields);
  });
});
