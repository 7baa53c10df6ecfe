import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkedAs, credentialsIn, syntaxProblems } from '../../../../src/extension/config/checkText.ts';

describe('the check of a config mount', () => {
  it('goes by the name', () => {
    for (const [name, kind] of [
      ['app.yaml', 'yaml'],
      ['App.YML', 'yaml'],
      ['a.json', 'json'],
      ['a.jsonc', 'jsonc'],
      ['tsconfig.base.json', 'jsonc'],
      ['app.toml', undefined],
      ['yaml', undefined],
    ] as const)
      assert.equal(checkedAs(name), kind, name);
  });

  it('finds where YAML is broken', async () => {
    const text = 'server:\n  port: 8080\n bad: [1\n';
    const [first] = await syntaxProblems('a.yaml', text);
    assert.ok(first);
    assert.equal(text.slice(0, first.start).split('\n').length, 3);
    assert.deepEqual(await syntaxProblems('a.yaml', 'a: 1\n---\nb: !tag 2\n'), []);
    assert.equal((await syntaxProblems('a.yaml', 'a: 1\na: 2\n')).length, 1, 'a key that is there twice');
  });

  it('finds where JSON is broken, and allows comments where they are the custom', async () => {
    const text = '{\n  "a": 1,\n  // no\n  "b": 2\n}\n';
    const [first] = await syntaxProblems('a.json', text);
    assert.equal(first?.message, 'JSON has no comments.');
    assert.equal(first.start, text.indexOf('//'));
    assert.deepEqual(await syntaxProblems('a.jsonc', text), []);
    assert.equal((await syntaxProblems('a.json', '')).length, 1);
    assert.deepEqual(await syntaxProblems('a.txt', text), []);
  });

  it('takes whatever JSON is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        assert.deepEqual(await syntaxProblems('a.json', JSON.stringify(value, undefined, 2)), []);
      }),
      { numRuns: 50 },
    );
  });

  it('finds values that look like passwords and keys, where they stand', () => {
    const text = [
      'db:',
      '  user: shop',
      '  password: "hunter2 and more"  # change me',
      'API_KEY=abcdef123456',
      '{ "x": 1,',
      '  "clientSecret": "s3cr3t-value",',
      '-----BEGIN RSA PRIVATE KEY-----',
    ].join('\n');
    const found = credentialsIn(text);
    assert.deepEqual(
      found.map(({ name, value }) => [name, value]),
      [
        ['password', 'hunter2 and more'],
        ['API_KEY', 'abcdef123456'],
        ['clientSecret', 's3cr3t-value'],
        ['', '-----BEGIN RSA PRIVATE KEY-----'],
      ],
    );
    for (const { start, end, value } of found) assert.equal(text.slice(start, end), value);
  });

  it('leaves alone what stands for a value from elsewhere, switches and nothing', () => {
    const text = [
      'password: ${DB_PASSWORD}',
      'token: {{ .Values.token }}',
      'secret: <from the vault>',
      'auth: true',
      'password:',
      'api_key: null',
      'passwords: [a, b]',
    ].join('\n');
    assert.deepEqual(credentialsIn(text), []);
  });

  it('finds them in lines that end as on Windows', () => {
    const found = credentialsIn('name: app\r\npassword: hunter2 # for now\r\n');
    assert.deepEqual(
      found.map(({ name, value }) => [name, value]),
      [['password', 'hunter2']],
    );
  });

  it('takes time in proportion to the text, also where a quote does not end', () => {
    const blanks = ' '.repeat(250_000);
    for (const line of [
      `pattern: "${'\\d'.repeat(100_000)}`,
      `note: x${blanks}y`,
      `note: x${' #'.repeat(100_000)}`,
    ])
      assert.deepEqual(credentialsIn(line), []);
  });

  it('has offsets into the text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, value) => {
        const text = `${before}\npassword: ${value}`;
        for (const { start, end, value: told } of credentialsIn(text))
          assert.equal(text.slice(start, end), told);
      }),
    );
  });
});
