import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

interface Manifest {
  readonly contributes: {
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
  };
}

describe('README.md', () => {
  it('has one line for each setting, and none for one that is not there', () => {
    const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Manifest;
    const rows = Array.from(readme.matchAll(/^\| (`patr\..*?) \| \S/gm), ([, names = '']) => names);
    const named = rows.flatMap((names) => Array.from(names.matchAll(/`([^`]+)`/g), ([, name = '']) => name));
    const wanted = Object.keys(manifest.contributes.configuration.properties);
    assert.deepEqual(named.toSorted(), wanted.toSorted());
  });

  it('leads to every page', () => {
    const pages = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));
    const links = new Set(Array.from(readme.matchAll(/\]\(docs\/([^)#]+)/g), ([, name = '']) => name));
    assert.deepEqual([...links].toSorted(), pages.toSorted());
  });
});
