import assert from 'node:assert/strict';
import {
  choosePlatform,
  imageFrom,
  readConfig,
  readManifest,
} from '../../../../src/control-plane/registry/manifest.ts';
import { parseScope } from '../../../../src/control-plane/registry/accessToken.ts';
import { isProblem } from '../../../../src/protocol/problems.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';

const part = (digit: number, size: number) => ({ digest: digestOf(digit), size, mediaType: 'x' });

describe('manifests', () => {
  it('of an image give size, ports and date', () => {
    const manifest = readManifest({ config: part(1, 10), layers: [part(2, 100), part(3, 1000)] });
    assert.equal(manifest.kind, 'image');
    const config = readConfig({
      created: '2024-10-22T09:15:04Z',
      config: {
        ExposedPorts: { '8080/tcp': {}, '53/udp': {}, '53/tcp': {}, '0/tcp': {}, 'x/tcp': {}, 9: {} },
      },
    });
    assert.ok(manifest.kind === 'image');
    assert.deepEqual(imageFrom(digestOf(9), manifest, config), {
      digest: digestOf(9),
      size: 1110,
      createdAt: Date.UTC(2024, 9, 22, 9, 15, 4),
      exposedPorts: { 9: 'http', 53: 'http', 8080: 'http' },
    });
  });

  it('of several platforms give the one that is asked for, attestations aside', () => {
    const index = readManifest({
      manifests: [
        { ...part(0, 1), platform: { os: 'unknown', architecture: 'unknown' } },
        { ...part(1, 1), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        { ...part(2, 1), platform: { os: 'linux', architecture: 'amd64' } },
      ],
    });
    assert.ok(index.kind === 'index');
    assert.equal(choosePlatform(index, 'linux/amd64'), digestOf(2));
    assert.equal(choosePlatform(index, 'linux/arm64/v8'), digestOf(1));
    assert.equal(choosePlatform(index, 'windows/amd64'), undefined);
    assert.equal(choosePlatform(index, undefined), digestOf(1));
  });

  it('that cannot be read are a problem of the registry, not a crash', () => {
    const elsewhere = { digest: '../../../../admin?x=', size: 1 };
    const odds: unknown[] = [null, 'x', {}, { manifests: 3 }, { config: {}, layers: [] }];
    odds.push({ manifests: [elsewhere] }, { config: elsewhere, layers: [] });
    odds.push({ config: part(1, 10), layers: [elsewhere] });
    for (const odd of odds) {
      assert.throws(
        () => readManifest(odd),
        (error: unknown) => isProblem(error, 'registryUnreachable'),
      );
    }
  });

  it('invent no date and no port', () => {
    const manifest = readManifest({ config: part(1, 10), layers: [] });
    assert.ok(manifest.kind === 'image');
    for (const odd of [null, {}, { created: 7 }, { created: '0001-01-01T00:00:00Z', config: null }]) {
      const image = imageFrom(digestOf(1), manifest, readConfig(odd));
      assert.equal(image.createdAt, undefined);
      assert.deepEqual(image.exposedPorts, {});
    }
  });
});

describe('scopes', () => {
  it('name a repository and actions', () => {
    assert.deepEqual(parseScope('repository:ws/team/app:pull,push'), {
      path: 'ws/team/app',
      actions: ['pull', 'push'],
    });
    assert.deepEqual(parseScope('repository:host:5000/app:pull')?.path, 'host:5000/app');
  });

  it('of anything else are not granted', () => {
    for (const scope of ['', 'registry:catalog:*', 'repository:app', 'repository::pull']) {
      assert.equal(parseScope(scope), undefined, scope);
    }
  });
});
