import assert from 'node:assert/strict';
import { usageText } from '../../../src/extension/documents/usageText.ts';
import {
  collectedWords,
  counted,
  loginCommand,
  suggestedTokenName,
  tokenEndWords,
} from '../../../src/extension/registryWords.ts';

const collection = {
  at: 0,
  tookMs: 4200,
  removedImages: 1,
  removedBlobs: 4,
  freedBytes: 2_000_000,
  forgottenImages: 0,
};
const usage = { usedBytes: 3_100_000, repositoryCount: 2, imageCount: 1 };

describe('the usage of the registry as a document', () => {
  it('says what each repository takes, in columns, and what the last collection did', () => {
    const text = usageText('127.0.0.1:7050', { ...usage, freeBytes: 5e9, lastCollection: collection }, [
      { name: 'web', size: 3_000_000, images: 2, lastPush: 0 },
      { name: 'empty', size: 0, images: 0 },
    ]);
    for (const part of [
      '3.1 MB: 1 image in 2 repositories. What images share counts once.',
      '5 GB are left on the disk.',
      '1970-01-01T00:00:00.000Z  1 image removed, 2 MB freed.',
      '     size  tagged images  last push                 name',
      '     3 MB              2  1970-01-01T00:00:00.000Z  web',
      '      0 B              0  never                     empty',
    ])
      assert.ok(text.includes(`${part}\n`), `${part}\nis not in\n${text}`);
  });

  it('tells nothing from what is not told, and how many it leaves out', () => {
    assert.match(
      usageText('a', { ...usage, repositoryCount: 0 }, []),
      /COLLECTION\nNone yet\.[^]*FIRST\nNone yet\.\n$/,
    );
    assert.doesNotMatch(usageText('a', usage, []), /left on the disk/);
    const one = [{ name: 'web', size: 1, images: 1 }];
    assert.match(
      usageText('a', { ...usage, repositoryCount: 102 }, one),
      /101 smaller repositories not shown/,
    );
  });
});

describe('the words about the registry', () => {
  it('count', () => {
    assert.deepEqual(
      [counted(1, 'image'), counted(0, 'image'), counted(1, 'repository'), counted(2, 'repository')],
      ['1 image', '0 images', '1 repository', '2 repositories'],
    );
  });

  it('say what a collection did, also when it did nothing', () => {
    assert.equal(
      collectedWords({ ...collection, removedImages: 3, forgottenImages: 2 }),
      '3 images removed, 2 MB freed. 2 images removed from the engine.',
    );
    assert.match(collectedWords({ ...collection, removedImages: 0, freedBytes: 0 }), /^Nothing was removed/);
  });

  it('log in with what is a host and a user, and put nothing else into a shell', () => {
    assert.equal(
      loginCommand({ host: '127.0.0.1:7050', username: 'patr' }),
      'docker login 127.0.0.1:7050 -u patr',
    );
    assert.equal(loginCommand({ host: '[::1]:5000', username: 'patr' }), 'docker login [::1]:5000 -u patr');
    for (const text of ['a; rm -rf b', '$(id)', '-v', 'a\nb', 'a b', ''])
      for (const given of [
        { host: text, username: 'patr' },
        { host: 'a', username: text },
      ])
        assert.throws(() => loginCommand(given), /docker login cannot take/, JSON.stringify(given));
  });

  it('suggest a name that is not taken', () => {
    assert.equal(suggestedTokenName([]), 'docker login');
    assert.equal(suggestedTokenName(['docker login', 'docker login 2']), 'docker login 3');
  });

  it('say until when a token is good', () => {
    const day = 86_400_000;
    assert.equal(tokenEndWords({}, 0), 'until it is revoked');
    assert.equal(tokenEndWords({ tokenExp: day }, 0), 'until 1970-01-02');
    assert.equal(tokenEndWords({ tokenExp: day }, day), 'expired on 1970-01-02');
  });
});
