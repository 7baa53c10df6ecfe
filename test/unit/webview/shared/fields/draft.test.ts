import assert from 'node:assert/strict';
import * as v from 'valibot';
import { draft, emptyDraft, httpPorts, withVariables } from '../../../../../webview/shared/fields/draft.ts';
import { wishOf } from '../../../../../webview/shared/fields/wish.ts';
import { aDraft, noPrefill, repositoryId } from './drafts.ts';

describe('a draft', () => {
  it('outlives the page as it is', () => {
    const typed = aDraft({
      environment: [{ key: 0, name: '<img onerror>', value: 'é\n', secret: 'x' }],
      touched: ['name'],
    });
    assert.deepEqual(v.parse(draft, JSON.parse(JSON.stringify(typed))), typed);
  });

  it('arrives with all of another deployment', () => {
    const secret = { fromSecret: '5'.repeat(32) };
    const filled = emptyDraft(
      { kind: 'duplicate', deploymentId: '1'.repeat(32), name: 'web' },
      {
        ...noPrefill,
        name: 'web-copy',
        registry: 'docker.io',
        imageName: 'library/nginx',
        imageTag: '1.27',
        ports: { 80: 'http', 53: 'udp' },
        environmentVariables: { MODE: 'prod', KEY: secret },
        newVolumes: [{ name: 'data-copy', size: 5, path: '/data' }],
        livenessProbe: { port: 80, path: '/live' },
        minHorizontalScale: 2,
        maxHorizontalScale: 4,
      },
    );
    const wish = wishOf({ ...filled, region: 'r', machine: 'm' });
    assert.deepEqual(wish.image, { kind: 'external', registry: 'docker.io', imageName: 'library/nginx' });
    assert.deepEqual(wish.ports, { 80: 'http', 53: 'udp' });
    assert.deepEqual(wish.environmentVariables, { MODE: 'prod', KEY: secret });
    assert.deepEqual(wish.newVolumes, [{ name: 'data-copy', size: 5, path: '/data' }]);
    assert.deepEqual(wish.livenessProbe, { port: 80, path: '/live' });
    assert.equal(wish.startupProbe, undefined);
  });

  it('is built from the Dockerfile that it is about', () => {
    const made = emptyDraft({ kind: 'dockerfile', uri: 'file:///a', label: 'Dockerfile' }, noPrefill);
    assert.deepEqual(wishOf(made).image, { kind: 'build' });
  });

  it('names official images of Docker Hub by one word', () => {
    const image = (imageName: string) => wishOf(aDraft({ registry: 'dockerHub', imageName })).image;
    assert.deepEqual(image(' nginx '), {
      kind: 'external',
      registry: 'docker.io',
      imageName: 'library/nginx',
    });
    assert.deepEqual(image('team/app'), { kind: 'external', registry: 'docker.io', imageName: 'team/app' });
  });

  it('never asks to deploy on a push that nobody could notice', () => {
    assert.equal(wishOf(aDraft({ registry: 'dockerHub', deployOnPush: true })).deployOnPush, false);
    assert.equal(wishOf(aDraft({ registry: 'patr', repositoryId })).deployOnPush, true);
  });

  it('knows the ports that a probe could ask', () => {
    const ports = [
      { key: 0, port: ' 8080 ', type: 'http' as const },
      { key: 1, port: '53', type: 'udp' as const },
      { key: 2, port: '', type: 'http' as const },
    ];
    assert.deepEqual(httpPorts(aDraft({ ports })), ['8080']);
  });

  it('takes variables in: known names get the new value, empty rows go, others come at the end', () => {
    const rows = [
      { key: 0, name: 'A', value: '1' },
      { key: 1, name: '', value: '' },
      { key: 2, name: 'B', value: '', secret: 'x' },
    ];
    const given = [
      { name: 'B', value: 'raw' },
      { name: 'C', value: '3' },
    ];
    assert.deepEqual(withVariables(rows, given), [
      { key: 0, name: 'A', value: '1' },
      { key: 2, name: 'B', value: 'raw' },
      { key: 3, name: 'C', value: '3' },
    ]);
  });
});
