import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../../scripts/build/folders.ts';

describe('docs/connections.md', () => {
  it('names a test that is there as the proof of every trap', async () => {
    const page = await readFile(join(root, 'docs/connections.md'), 'utf8');
    const [, traps = ''] = page.split('## Traps of Patr');
    const rows = traps
      .split('\n## ')[0]!
      .split('\n')
      .filter((line) => /^\| \d/.test(line));
    assert.equal(rows.length, 14);
    for (const row of rows) {
      const proofs = Array.from(row.matchAll(/`(test\/[\w/.]+)`: “([^”]+)”/g));
      assert.ok(proofs.length > 0, row);
      for (const [, file = '', name = ''] of proofs) {
        const text = await readFile(join(root, file), 'utf8');
        assert.ok(
          text.includes(`it('${name}`) || text.includes(`it(\`${name}`),
          `${file} has no test that begins with “${name}”`,
        );
      }
    }
  });
});
