import assert from 'node:assert/strict';
import {
  isLoopback,
  parseServerAddress,
  serverWords,
  tokenPage,
  tokenProblem,
} from '../../../../src/extension/accounts/serverAddress.ts';

describe('the address of a server', () => {
  it('is taken as people write it, and kept in one form', () => {
    const same = {
      'patr.example.com': 'https://patr.example.com',
      ' https://Patr.Example.com/ ': 'https://patr.example.com',
      'https://patr.example.com:443/api/': 'https://patr.example.com/api',
      'https://patr.example.com:8443': 'https://patr.example.com:8443',
      'http://localhost:7070/': 'http://localhost:7070',
      'localhost:7070': 'https://localhost:7070',
      'https://[::1]:7070': 'https://[::1]:7070',
    };
    for (const [typed, url] of Object.entries(same)) {
      const parsed = parseServerAddress(typed);
      assert.deepEqual(parsed, { ok: true, url, encrypted: url.startsWith('https') }, typed);
    }
  });

  it('is refused with what to do where it cannot be one', () => {
    const refused = {
      '': /Enter the address/,
      'https://': /no address/,
      'https://a b': /no address/,
      'ftp://patr.example.com': /over https, not over ftp/,
      'https://asha:secret@patr.example.com': /token is asked for next/,
      'https://patr.example.com/?token=1': /\? or #/,
      'https://patr.example.com/#top': /\? or #/,
    };
    for (const [typed, says] of Object.entries(refused)) {
      const parsed = parseServerAddress(typed);
      assert.ok(!parsed.ok, typed);
      assert.match(parsed.problem, says);
      assert.doesNotMatch(parsed.problem, /secret/);
    }
  });

  it('is of this machine or not', () => {
    for (const url of ['http://localhost:1', 'http://a.localhost', 'http://127.0.0.1', 'http://[::1]'])
      assert.ok(isLoopback(url), url);
    for (const url of [
      'http://localhost.example.com',
      'http://10.0.0.1',
      'http://128.127.0.1',
      'http://127.example.com',
    ])
      assert.ok(!isLoopback(url), url);
  });

  it('says in what it is trusted where that is not usual', () => {
    assert.equal(serverWords('https://api.patr.cloud', false), 'api.patr.cloud');
    assert.equal(serverWords('https://a.example:8443/api', true), 'a.example:8443/api · self-signed, pinned');
    assert.equal(serverWords('http://10.0.0.7', false), '10.0.0.7 · not encrypted');
    assert.equal(serverWords('http://localhost:7070', false), 'localhost:7070');
  });

  it('leads to the page where tokens are made', () => {
    assert.equal(tokenPage('https://api.patr.cloud'), 'https://app.patr.cloud');
    assert.equal(tokenPage('https://patr.example.com/api'), 'https://patr.example.com/');
  });
});

describe('an API token that is typed', () => {
  it('is fine when it is whole', () => {
    assert.equal(tokenProblem(` patrv1.${'a'.repeat(32)}.${'b'.repeat(32)}\n`), undefined);
  });

  it('is refused with what to do, and never repeated', () => {
    for (const [typed, says] of [
      ['', /Paste the API token/],
      ['hunter2hunter2', /begins with “patrv1\.”/],
      ['patrv1.hunter2', /not whole/],
      ['patrv1.a.b.c', /not whole/],
      ['patrv1.a b.c', /not whole/],
    ] as const) {
      const problem = tokenProblem(typed) ?? '';
      assert.match(problem, says, typed);
      assert.doesNotMatch(problem, /hunter2/);
    }
  });
});
