import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Folders that have files of their own, below a folder of the repository and itself. */
function foldersOf(top: string): readonly string[] {
  const entries = readdirSync(join(root, top), { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isFile()).map((entry) => relative(root, entry.parentPath));
  return Array.from(new Set(folders), (folder) => folder.replaceAll(sep, '/')).toSorted();
}

describe('docs/architecture.md', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  for (const top of ['src', 'webview']) {
    it(`has one line for each folder of ${top}, and none for one that is not there`, () => {
      const rows = Array.from(text.matchAll(/^\| `([^`]+)` \| \S/gm), ([, folder = '']) => folder);
      assert.deepEqual(rows.filter((folder) => folder.startsWith(`${top}/`)).toSorted(), foldersOf(top));
    });
  }
});
