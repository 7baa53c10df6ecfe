import assert from 'node:assert/strict';
import { addressesIn, placeIn } from '../../../src/protocol/lineLinks.ts';

describe('links of a line', () => {
  it('are web addresses without the end of the sentence', () => {
    assert.deepEqual(addressesIn('see https://a.example/x?y=1, and (http://b.example).'), [
      'https://a.example/x?y=1',
      'http://b.example',
    ]);
  });

  it('are places of files, as runtimes write them and wherever they stand', () => {
    const server = { path: '/app/server.js', line: 12 };
    assert.deepEqual(placeIn('    at serve (/app/server.js:12:7)'), { ...server, column: 7 });
    assert.deepEqual(placeIn('gave up in /app/server.js:12, again'), server);
    assert.deepEqual(placeIn('{"stack":"Error\\n at /app/server.js:12:7"}'), { ...server, column: 7 });
    assert.deepEqual(placeIn('  File "/app/main.py", line 3, in main'), { path: '/app/main.py', line: 3 });
    assert.deepEqual(placeIn('#0 /app/index.php(12): run()'), { path: '/app/index.php', line: 12 });
    assert.deepEqual(placeIn('at com.acme.Main.run(Main.java:4)'), { path: 'Main.java', line: 4 });
  });

  it('are no times, ports of addresses, or names without a line', () => {
    for (const text of ['GET https://a.example/x.js:80 took 12:30', 'read server.js', 'v1.2.3 at 10:20:30'])
      assert.equal(placeIn(text), undefined, text);
  });
});
