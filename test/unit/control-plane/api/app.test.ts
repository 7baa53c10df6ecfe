import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { hostAllowed, hostRule } from '../../../../src/control-plane/api/hosts.ts';
import { endpoints, type EndpointName } from '../../../../src/protocol/endpoints.ts';
import { testControlPlane } from '../../../support/controlPlane.ts';

describe('the host rule', () => {
  it('lets loopback and the given names in, with any port', () => {
    const rule = hostRule(['Control-Plane']);
    for (const host of ['127.0.0.1:7070', 'localhost', 'LOCALHOST:1', '[::1]:7070', 'control-plane:80']) {
      assert.equal(hostAllowed(rule, host), true, host);
    }
    const others = ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:7070', '', '0.0.0.0'];
    for (const host of others) assert.equal(hostAllowed(rule, host), false, host);
  });
});

describe('the app', () => {
  it('does not answer a name that was rebound to it, even with a good token', async () => {
    const plane = testControlPlane();
    const headers = { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' };
    const response = await plane.app.request('http://evil.example/user', { headers });
    assert.equal(response.status, 404);
    assert.equal(await response.text(), '');
    plane.dispose();
  });

  it('answers a defect with 500 and keeps its words to the log', async () => {
    const logged: string[] = [];
    const plane = testControlPlane({
      ...silentLog,
      error: (message, facts) => logged.push(`${message} ${String(facts?.['error'])}`),
    });
    plane.reconciler.region = () => {
      throw new Error('the secret is 42');
    };
    const headers = { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' };
    const response = await plane.app.request('http://127.0.0.1/server', { headers });
    assert.equal(response.status, 500);
    const text = await response.text();
    assert.doesNotMatch(text, /42|stack/);
    assert.equal((JSON.parse(text) as { error: string }).error, 'internalServerError');
    assert.match(logged.join('\n'), /GET \/server failed the secret is 42/);
    plane.dispose();
  });
});

describe('a workspace that is not there', () => {
  const names = Object.keys(endpoints) as EndpointName[];
  for (const name of names.filter((one) => endpoints[one].path.includes('/:workspaceId'))) {
    it(`is unknown to ${name}`, async () => {
      const plane = testControlPlane();
      const { method, path } = endpoints[name];
      const address = path.replace(/:\w+/g, 'f'.repeat(32));
      const headers = { authorization: `Bearer ${plane.token}`, 'user-agent': 'test' };
      const response = await plane.app.request(`http://127.0.0.1${address}`, { method, headers });
      assert.equal(response.status, 404);
      const { error, message } = (await response.json()) as { error: string; message: string };
      assert.equal(error, 'resourceDoesNotExist');
      assert.match(message, /no such workspace/);
      plane.dispose();
    });
  }
});
