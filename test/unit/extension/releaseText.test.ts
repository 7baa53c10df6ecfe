import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { releaseText } from '../../../src/extension/documents/releaseText.ts';
import { aRelease } from '../../support/fakePatrState.ts';

describe('the document of a release', () => {
  const release = aRelease({
    number: 3,
    environmentVariables: { B: 'two: three\n#four', A: { fromSecret: '8'.repeat(32) } },
    configMounts: {
      'app.conf': Buffer.from('a = 1\nb = 2\n').toString('base64'),
      icon: Buffer.from([0, 255, 254]).toString('base64'),
    },
  });

  it('says everything that instances are made from, as YAML that reads back', async () => {
    const shown = parse(await releaseText(release)) as Record<string, Record<string, unknown>>;
    assert.equal(shown['image']?.['digest'], release.digest);
    assert.equal(shown['environment']?.['B'], 'two: three\n#four');
    assert.deepEqual(shown['environment']?.['A'], { fromSecret: '8'.repeat(32) });
    assert.equal(shown['configMounts']?.['app.conf'], 'a = 1\nb = 2\n');
    assert.match(String(shown['configMounts']?.['icon']), /^\(3 bytes, sha256 [0-9a-f]{16}\)$/);
  });

  it('has names in order, so that two of them differ only where releases do', async () => {
    const { A, B } = release.environmentVariables;
    const turned = { ...release, environmentVariables: { A: A!, B: B! } };
    assert.equal(await releaseText(turned), await releaseText(release));
  });
});
