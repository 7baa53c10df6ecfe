import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  configMark,
  haproxyConfig,
  type ProxyConfig,
} from '../../../../src/control-plane/edge/haproxyConfig.ts';

const golden = join(import.meta.dirname, '../../../fixtures/edge/haproxy.cfg');

describe('the configuration of the proxy', () => {
  const config: ProxyConfig = {
    listen: '127.0.0.1',
    httpPort: 7080,
    httpsPort: 7443,
    folder: '/run/patr',
    owner: { uid: 1000, gid: 1001 },
    slots: 2,
    servers: new Map([
      [
        1,
        [
          { name: 'iaaa', protocol: 'http1', address: '10.210.0.2', port: 8080, state: 'ready', limit: 5000 },
          { name: 'hbbb', protocol: 'h2c', address: '10.210.0.3', port: 8080, state: 'drain', limit: 65_536 },
        ],
      ],
    ]),
  };
  const text = haproxyConfig(config);

  it('is the text that was looked at', async () => {
    assert.equal(text, await readFile(golden, 'utf8'));
  });

  it('sends people to HTTPS where it shall, but not an authority that checks a host', () => {
    assert.doesNotMatch(text, /redirect location https:/);
    const lines = haproxyConfig({ ...config, httpsRedirect: 443 }).split('\n');
    const redirect =
      '  http-request redirect location https://%[req.hdr(host),field(1,:)]%[pathq] code 308 unless { ssl_fc }';
    const answer = lines.findIndex((line) => line.includes('challenges.map'));
    assert.ok(answer !== -1 && lines.indexOf(redirect) > answer);
  });

  it('carries a mark that slots and servers make no difference to, and everything else does', () => {
    const mark = configMark(config);
    assert.match(text, new RegExp(`set-var proc\\.patr_config str\\(${mark}\\)`));
    assert.equal(configMark({ ...config, slots: 256, servers: new Map() }), mark);
    for (const other of [
      { httpsRedirect: 443 },
      { httpsPort: 443 },
      { connections: 10 },
      { listen: '0.0.0.0' },
    ])
      assert.notEqual(configMark({ ...config, ...other }), mark);
  });

  it('never sends a request again that may have reached an instance', () => {
    assert.deepEqual(text.match(/retry-on .*/g), ['retry-on conn-failure']);
  });

  it('opens no admin socket but one that its owner alone can use', () => {
    const sockets = text.match(/stats socket .*/g) ?? [];
    assert.equal(sockets.length, 1);
    assert.match(sockets[0] ?? '', /^stats socket unix@\/run\/patr\/admin\.sock mode 600 uid 1000 gid 1001 /);
    assert.doesNotMatch(text, /stats (enable|uri)/);
  });
});
