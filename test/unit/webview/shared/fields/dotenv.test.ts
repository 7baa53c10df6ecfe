import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addVariables } from '../../../../../webview/shared/fields/addVariables.ts';
import { looksLikeDotEnv, parseDotEnv } from '../../../../../webview/shared/fields/dotenv.ts';

const values = (text: string): Record<string, string> =>
  Object.fromEntries(parseDotEnv(text).variables.map(({ name, value }) => [name, value]));

describe('a .env file', () => {
  it('is read with comments, export, quotes and values over several lines', () => {
    const text = [
      '# a comment',
      '',
      'PLAIN=one two  # said aside',
      'export EXPORTED = yes',
      'EMPTY=',
      "SINGLE='it is $HOME # here'",
      'DOUBLE="a \\"quote\\"\\nand a line"',
      'LONG="first',
      'second"',
      'URL=http://host/#anchor',
    ].join('\r\n');
    assert.deepEqual(values(text), {
      PLAIN: 'one two',
      EXPORTED: 'yes',
      EMPTY: '',
      SINGLE: 'it is $HOME # here',
      DOUBLE: 'a "quote"\nand a line',
      LONG: 'first\nsecond',
      URL: 'http://host/#anchor',
    });
    assert.deepEqual(parseDotEnv(text).notUnderstood, []);
  });

  it('tells the lines that say nothing', () => {
    assert.deepEqual(parseDotEnv('A=1\nnonsense\n1B=2\nC="open').notUnderstood, [2, 3, 4]);
  });

  it('gives every raw value back that is written in single quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        fc.pre(!value.includes("'") && !value.includes('\r\n'));
        assert.deepEqual(values(`NAME='${value}'`), { NAME: value });
      }),
    );
  });

  it('is told from one value', () => {
    assert.ok(looksLikeDotEnv('A=1\nB=2'));
    assert.ok(!looksLikeDotEnv('A=1'));
    assert.ok(!looksLikeDotEnv('-----BEGIN KEY-----\nabc=\n-----END KEY-----'));
  });

  it('goes into the list, and the empty row that it was pasted into goes', () => {
    const rows = [
      { key: 0, name: 'A', value: '1' },
      { key: 1, name: '', value: '' },
    ];
    const { environment, last } = addVariables(rows, 1, 'A=2\nB=3');
    assert.deepEqual(
      environment.map(({ name, value }) => [name, value]),
      [
        ['A', '2'],
        ['B', '3'],
      ],
    );
    assert.equal(last, environment[1]?.key);
  });

  it('changes nothing when a part of it is not understood, and says which lines', () => {
    const { environment, problem } = addVariables([], undefined, 'A=1\noops\nB');
    assert.deepEqual(environment, []);
    assert.equal(problem, 'has lines that are no NAME=value: lines 2, 3');
    assert.equal(addVariables([], undefined, '# nothing').problem, 'has no variable in it');
  });
});
