import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { usage } from '../../../src/control-plane/options.ts';

const page = new URL('../../../docs/control-plane.md', import.meta.url);
const [begin, end] = ['<!-- options:begin -->', '<!-- options:end -->'];

describe('docs/control-plane.md', () => {
  it('shows the options as the program tells them', () => {
    const text = readFileSync(page, 'utf8');
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    assert.ok(from >= 0 && to > from, 'the markers of the options are there');
    const wanted = `${begin}\n\`\`\`\n${usage}\`\`\`\n`;
    // `UPDATE_DOCS=1 npm test -- --only unit` writes them anew.
    if (process.env['UPDATE_DOCS'] === '1' && text.slice(from, to) !== wanted) {
      writeFileSync(page, text.slice(0, from) + wanted + text.slice(to));
      return;
    }
    assert.equal(text.slice(from, to), wanted);
  });
});
