import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { endpoints } from '../../../src/protocol/endpoints.ts';
import type { Endpoint } from '../../../src/protocol/endpoint.ts';

const page = new URL('../../../docs/api.md', import.meta.url);
const [begin, end] = ['<!-- endpoints:begin -->', '<!-- endpoints:end -->'];

/** The table of endpoints as the page shows it. `UPDATE_DOCS=1 npm test -- --only unit` writes it anew. */
function table(): string {
  const rows = Object.entries<Endpoint>(endpoints).map(([name, endpoint]) => {
    const origin = endpoint.capability === undefined ? 'Patr' : `ours: \`${endpoint.capability}\``;
    const notes = [
      endpoint.paged ? 'paged' : '',
      endpoint.answer === 'lines' ? 'one JSON value per line' : '',
      endpoint.answer === 'frames' ? 'a WebSocket, one JSON value per message' : '',
      endpoint.answer === 'tar' ? 'a tar archive' : '',
      endpoint.auth === 'none' ? 'no token' : '',
    ].filter((note) => note !== '');
    return `| \`${name}\` | ${endpoint.method} | \`${endpoint.path}\` | ${endpoint.status} | ${origin} | ${notes.join(', ')} |`;
  });
  const head = '| name | method | path | success | whose | notes |\n| --- | --- | --- | --- | --- | --- |';
  return [begin, head, ...rows, end].join('\n');
}

describe('docs/api.md', () => {
  it('lists every endpoint of the table and no other', () => {
    const text = readFileSync(page, 'utf8');
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    assert.ok(from >= 0 && to > from, 'the markers of the table are there');
    const found = text.slice(from, to + end.length);
    if (process.env['UPDATE_DOCS'] === '1' && found !== table()) {
      writeFileSync(page, text.slice(0, from) + table() + text.slice(to + end.length));
      return;
    }
    assert.equal(found, table());
  });
});
