import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { openContext } from '../../../src/image/buildContext.ts';
import { packContext } from '../../../src/image/contextPack.ts';
import { addToIgnoreFile, ignoreAddition, previewContext } from '../../../src/image/contextPreview.ts';
import { redFlagOf } from '../../../src/image/redFlags.ts';

interface Packed {
  readonly header: Header;
  readonly bytes: Buffer;
}

describe('a build context', () => {
  let folder = '';
  const put = async (path: string, content: string | Buffer = path): Promise<void> => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  const open = (dockerfile = 'Dockerfile'): ReturnType<typeof openContext> =>
    openContext({ folder, dockerfile });
  const unpack = async (stream = open().then((context) => packContext(context))): Promise<Packed[]> => {
    const packed: Packed[] = [];
    for await (const entry of (await stream).pipe(extract())) {
      packed.push({ header: entry.header, bytes: Buffer.concat((await Array.fromAsync(entry)) as Buffer[]) });
    }
    return packed;
  };
  const names = async (dockerfile?: string): Promise<string[]> =>
    (await unpack(open(dockerfile).then((context) => packContext(context)))).map(({ header }) => header.name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-context-'));
    await put('Dockerfile', 'FROM scratch\n');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is sorted, a directory before what it holds', async () => {
    for (const path of ['b/2', 'b/1', 'a', 'B']) await put(path);
    assert.deepEqual(await names(), ['B', 'Dockerfile', 'a', 'b/', 'b/1', 'b/2']);
  });

  it('keeps modes, executable bits, links, times and contents, and has no owner but root', async () => {
    await put('run.sh', '#!/bin/sh\n');
    await chmod(join(folder, 'run.sh'), 0o755);
    await put('big', Buffer.alloc(700_001, 7));
    await utimes(join(folder, 'big'), 1000, 1000.75);
    await symlink('../elsewhere', join(folder, 'link'));
    await symlink('.', join(folder, 'loop'));
    const packed = new Map((await unpack()).map((one) => [one.header.name, one]));
    assert.equal(packed.get('run.sh')?.header.mode, 0o755);
    assert.equal(packed.get('link')?.header.type, 'symlink');
    assert.equal(packed.get('link')?.header.linkname, '../elsewhere');
    assert.equal(packed.get('loop')?.header.linkname, '.');
    assert.equal(packed.get('big')?.header.mtime.getTime(), 1_000_000);
    assert.deepEqual(packed.get('big')?.bytes, Buffer.alloc(700_001, 7));
    for (const { header } of packed.values()) assert.deepEqual([header.uid, header.gid], [0, 0]);
  });

  it('takes long and foreign names', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}-é`;
    await put(long);
    assert.ok((await names()).includes(long));
  });

  it('sends the Dockerfile and the ignore file along, even when they are excluded', async () => {
    await put('.dockerignore', '*\n');
    await put('app.js');
    assert.deepEqual(await names(), ['.dockerignore', 'Dockerfile']);
  });

  it('lets the ignore file of the Dockerfile win', async () => {
    await put('.dockerignore', 'a\n');
    await put('docker/api.Dockerfile', 'FROM scratch\n');
    await put('docker/api.Dockerfile.dockerignore', 'b\n');
    for (const path of ['a', 'b']) await put(path);
    const sent = await names('docker/api.Dockerfile');
    assert.ok(sent.includes('a') && !sent.includes('b'));
    assert.ok(sent.includes('docker/api.Dockerfile.dockerignore'));
  });

  it('takes a directory along only when something in it goes along', async () => {
    await put('.dockerignore', 'a\n!a/deep/keep\nempty\n');
    for (const path of ['a/1', 'a/deep/keep', 'a/other/x', 'empty/x']) await put(path);
    assert.deepEqual(await names(), ['.dockerignore', 'Dockerfile', 'a/', 'a/deep/', 'a/deep/keep']);
  });

  it('is the same when memory is used again, through a pipe that is slow', async () => {
    for (let index = 0; index < 300; index += 1) await put(`f${index}`, Buffer.alloc(index * 97, index));
    await put('large', Buffer.alloc(5_000_000, 'large'));
    const whole = Buffer.concat(await Array.fromAsync(packContext(await open()) as AsyncIterable<Buffer>));
    const parts: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 64 * 1024,
      write(chunk: Buffer, _encoding, done) {
        setImmediate(() => {
          parts.push(Buffer.from(chunk));
          done();
        });
      },
    });
    await pipeline(packContext(await open(), { reuse: true }), slow);
    assert.ok(Buffer.concat(parts).equals(whole));
  });

  it('stops reading when it is not wanted any more', async () => {
    for (let index = 0; index < 50; index += 1) await put(`f${index}`, Buffer.alloc(200_000));
    const stop = new AbortController();
    const stream = packContext(await open(), { signal: stop.signal });
    const reading = (async () => {
      for await (const chunk of stream) {
        assert.ok(chunk);
        stop.abort(new Error('enough'));
      }
    })();
    await assert.rejects(reading, /enough|aborted/);
    assert.ok(stream.destroyed);
  });

  it('is previewed: files, sizes, the biggest, what was left out by which line', async () => {
    await put('.dockerignore', '# none\nnode_modules\n*.log\n');
    await put('node_modules/x/y');
    for (const path of ['a.log', 'b.log']) await put(path);
    for (let index = 1; index <= 12; index += 1) await put(`file${index}`, Buffer.alloc(index * 100));
    const preview = await previewContext(await open());
    assert.equal(preview.files, 14);
    assert.equal(preview.bytes, 7800 + 13 + 26);
    assert.equal(preview.biggest.length, 10);
    assert.deepEqual(preview.biggest[0], { path: 'file12', bytes: 1200 });
    assert.deepEqual(preview.excluded, {
      files: 2,
      directories: 1,
      byLine: [
        { line: 2, pattern: 'node_modules', count: 1 },
        { line: 3, pattern: '*.log', count: 2 },
      ],
    });
    assert.deepEqual(preview.redFlags, []);
  });

  it('has red flags on secrets, and lines that take care of all of them', async () => {
    for (const path of ['.env', '.env.example', 'conf/id_rsa', '.git/HEAD', '.git/.env', 'sub/.npmrc'])
      await put(path);
    const before = await previewContext(await open());
    assert.deepEqual(
      before.redFlags.map(({ path, kind }) => [path, kind]),
      [
        ['.env', 'environment'],
        ['.git', 'git'],
        ['conf/id_rsa', 'privateKey'],
        ['sub/.npmrc', 'credentials'],
      ],
    );
    const written = await addToIgnoreFile(await open(), before.suggestions);
    const after = await previewContext(await open());
    assert.equal(written, '.dockerignore');
    assert.deepEqual(after.redFlags, []);
    assert.ok((await names()).includes('.env.example'));
    await addToIgnoreFile(await open(), before.suggestions);
    const lines = (await readFile(join(folder, '.dockerignore'), 'utf8')).trim().split('\n');
    assert.equal(lines.length, before.suggestions.length);
  });
});

describe('lines for an ignore file', () => {
  it('are added once, on lines of their own, in the line ends of the file', () => {
    assert.equal(ignoreAddition('', ['a', 'b', 'a']), 'a\nb\n');
    assert.equal(ignoreAddition('x', ['a']), '\na\n');
    assert.equal(ignoreAddition('x\r\na\r\n', ['a', 'b']), 'b\r\n');
    assert.equal(ignoreAddition('a\n', ['a']), '');
  });

  it('are suggested for what is secret, not for its examples', () => {
    const flagged = (path: string, directory = false): string | undefined =>
      redFlagOf(path, directory)?.pattern;
    assert.equal(flagged('a/.env.local'), '**/.env.local');
    assert.equal(flagged('server.key'), '**/server.key');
    assert.equal(flagged('node_modules', true), '**/node_modules');
    assert.equal(flagged('odd[1].pem'), '**/odd\\[1\\].pem');
    for (const path of ['.env.example', 'id_rsa.pub', 'src/environment.ts', 'ca.pem']) {
      assert.equal(flagged(path), undefined);
    }
  });
});
