import assert from 'node:assert/strict';
import { registryHostOf } from '../../../src/client/registry/serverRegistry.ts';

describe('the host of a server’s registry', () => {
  it('is beside the API of Patr’s cloud, and under the name of a Patr of one’s own', () => {
    const hosts: Readonly<Record<string, string>> = {
      'https://api.patr.cloud': 'registry.patr.cloud',
      'https://patr.example.com/api': 'patr.example.com',
      'https://patr.example.com:8443/api': 'patr.example.com:8443',
      'https://patr.example.com': 'patr.example.com',
      'https://api.example.com': 'registry.example.com',
      'https://api.example.com:8443': 'registry.example.com:8443',
      'http://127.0.0.1:3000/api': '127.0.0.1:3000',
    };
    for (const [url, host] of Object.entries(hosts)) assert.equal(registryHostOf(new URL(url)), host, url);
  });

  it('is never the cloud’s for another server, which would be told its token', () => {
    for (const url of [
      'https://patr.cloud.example.com',
      'https://notpatr.cloud',
      'https://api.notpatr.cloud/api',
    ])
      assert.notEqual(registryHostOf(new URL(url)), 'registry.patr.cloud', url);
  });
});
