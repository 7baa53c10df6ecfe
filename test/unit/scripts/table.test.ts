import assert from 'node:assert/strict';
import { withTable } from '../../../scripts/bench/table.ts';

describe('tables of the performance page', () => {
  const figures = { 'part.ratio': 'how much', 'part.bytes': 'how large' };

  it('are added at the end when the page has none, and replaced afterwards', () => {
    const first = withTable('# Page\n', 'part', figures, { 'part.ratio': 1.234 });
    assert.match(
      first,
      /## part\n\n<!-- bench:part:begin -->\n[\s\S]*\| `part.ratio` \| 1\.23 \| how much \|/,
    );
    const second = withTable(`${first}\ntext after\n`, 'part', figures, { 'part.bytes': 1234567 });
    assert.match(second, /\| `part.bytes` \| 1,234,567 \| how large \|/);
    assert.doesNotMatch(second, /part\.ratio/);
    assert.match(second, /text after\n$/);
  });

  it('leave the tables of other parts alone', () => {
    const both = withTable(withTable('', 'one', figures, { 'part.ratio': 1 }), 'two', figures, {
      'part.ratio': 2,
    });
    const changed = withTable(both, 'one', figures, { 'part.ratio': 3 });
    assert.match(changed, /one:begin[\s\S]*\| 3 \|[\s\S]*one:end[\s\S]*two:begin[\s\S]*\| 2 \|/);
  });
});
