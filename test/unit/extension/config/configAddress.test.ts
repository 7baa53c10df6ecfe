import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  fileAddress,
  folderAddress,
  parseConfigAddress,
} from '../../../../src/extension/config/configAddress.ts';

const text = fc.string({ minLength: 1, unit: 'binary' });
/** A path in an address has no folders of ours, and cannot be empty. */
const name = text.filter((one) => one !== '');
const place = fc.record(
  { connection: text, workspaceId: text, deploymentId: text },
  { noNullPrototype: true },
);

describe('the address of a config mount', () => {
  it('is read as it was written, whatever the names and ids are', () => {
    const file = fc.record({ place, name, version: fc.option(text, { nil: undefined }) });
    fc.assert(
      fc.property(file, ({ place: where, name: called, version }) => {
        const one = { ...where, name: called, ...(version === undefined ? {} : { version }) };
        assert.deepEqual(parseConfigAddress(fileAddress(one)), one);
      }),
    );
  });

  it('has an authority that survives being written in another case', () => {
    fc.assert(
      fc.property(place, (where) => {
        const { authority } = folderAddress(where);
        assert.equal(authority, authority.toLowerCase());
        assert.match(authority, /^[a-z0-9._+-]+$/);
      }),
    );
  });

  it('is another one for every place, name and version', () => {
    const file = fc.record(
      { connection: text, workspaceId: text, deploymentId: text, name, version: text },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(file, file, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        assert.equal(JSON.stringify(fileAddress(a)) === JSON.stringify(fileAddress(b)), same);
      }),
    );
  });

  it('has the folder of a deployment without a name', () => {
    const where = { connection: 'local', workspaceId: 'w', deploymentId: 'd' };
    assert.deepEqual(parseConfigAddress(folderAddress(where)), { ...where, name: undefined });
  });

  it('is none of ours with another scheme, a broken authority or an unknown query', () => {
    const good = fileAddress({ connection: 'local', workspaceId: 'w', deploymentId: 'd', name: 'a' });
    for (const broken of [
      { scheme: 'file' },
      { authority: 'local+w' },
      { authority: 'local+w+d+e' },
      { authority: 'local++d' },
      { authority: 'Local+w+d' },
      { query: 'version=' },
      { query: 'other=1' },
    ])
      assert.equal(parseConfigAddress({ ...good, ...broken }), undefined, JSON.stringify(broken));
  });
});
