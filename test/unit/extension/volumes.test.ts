import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { volumeDataWords } from '../../../src/extension/volumes/volumeData.ts';
import { writeWhole } from '../../../src/extension/volumes/writeWhole.ts';

describe('data of volumes on its way into a file', () => {
  let folder: string;
  let file: string;
  const options = (signal = new AbortController().signal) => ({
    signal,
    tell: () => undefined,
    now: () => 0,
  });
  const streamOf = (...chunks: readonly (string | Error)[]): ReadableStream<Uint8Array> =>
    new ReadableStream({
      pull(controller) {
        const next = chunks[this.at++];
        if (next === undefined) controller.close();
        else if (next instanceof Error) controller.error(next);
        else controller.enqueue(new TextEncoder().encode(next));
      },
      at: 0,
    } as UnderlyingDefaultSource<Uint8Array> & { at: number });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-whole-'));
    file = join(folder, 'data.tar');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is there when all of it is, for its owner alone', async () => {
    assert.equal(await writeWhole(streamOf('abc', 'de'), file, options()), 5);
    assert.equal(await readFile(file, 'utf8'), 'abcde');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it('leaves the file as it was when it breaks off', async () => {
    await writeFile(file, 'before');
    await assert.rejects(writeWhole(streamOf('abc', new Error('cut')), file, options()), /cut/);
    assert.deepEqual(await readdir(folder), ['data.tar']);
    assert.equal(await readFile(file, 'utf8'), 'before');
  });

  it('leaves nothing when it is given up', async () => {
    const controller = new AbortController();
    const endless = new ReadableStream<Uint8Array>({
      pull(stream) {
        stream.enqueue(new Uint8Array(1000));
        controller.abort();
      },
    });
    await assert.rejects(writeWhole(endless, file, options(controller.signal)), { name: 'AbortError' });
    assert.deepEqual(await readdir(folder), []);
  });

  it('is told with its size where all of it is known', () => {
    const of = (...bytes: (number | undefined)[]) =>
      bytes.map((one, instance) => ({ volumeId: 'v', instance, bytes: one }));
    assert.equal(volumeDataWords(of(1_300_000_000)), '1 volume, 1.3 GB');
    assert.equal(volumeDataWords(of(1000, 2000)), '2 volumes, 3 kB');
    assert.equal(volumeDataWords(of(1000, undefined)), '2 volumes');
  });
});
