import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { containerBody } from '../../../src/docker/containerBody.ts';
import type { ContainerSpec, LogChunk } from '../../../src/docker/engine.ts';
import { labelFilter } from '../../../src/docker/filters.ts';
import { frames } from '../../../src/docker/frames.ts';
import { jsonLines } from '../../../src/docker/jsonLines.ts';
import { Tail } from '../../../src/docker/kept.ts';
import { splitTag } from '../../../src/docker/splitTag.ts';
import { authHeader } from '../../../src/docker/transfers.ts';
import { escapePath } from '../../../src/docker/transport.ts';

/** Cuts bytes into pieces of the given lengths, over and over. */
function pieces(bytes: Buffer, lengths: readonly number[]): Readable {
  const parts: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return Readable.from(parts);
}

function frame(stream: number, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

async function joined(chunks: AsyncIterable<LogChunk>): Promise<Record<string, string>> {
  const told = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  for await (const chunk of chunks) told[chunk.stream] = Buffer.concat([told[chunk.stream], chunk.bytes]);
  return { stdout: told.stdout.toString(), stderr: told.stderr.toString() };
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

describe('frames of a log', () => {
  it('are told apart however the bytes are cut', async () => {
    const written = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string()), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(written, cuts, async (lines, lengths) => {
        const bytes = Buffer.concat(lines.map(([stream, text]) => frame(stream, text)));
        const of = (stream: number): string =>
          lines.map(([one, text]) => (one === stream ? Buffer.from(text).toString() : '')).join('');
        assert.deepEqual(await joined(frames(pieces(bytes, lengths))), { stdout: of(1), stderr: of(2) });
      }),
    );
  });

  it('are absent from the output of a terminal, which is all standard output', async () => {
    const told = await joined(frames(pieces(Buffer.from('plain text\r\nmore'), [3])));
    assert.deepEqual(told, { stdout: 'plain text\r\nmore', stderr: '' });
  });
});

describe('lines of JSON', () => {
  it('are read however the bytes are cut, and what is no JSON is passed over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 8 }), cuts, async (values, lengths) => {
        const text = values.map((value) => `${JSON.stringify(value)}\r\n\nnot json\n`).join('');
        const read = await Array.fromAsync(jsonLines(pieces(Buffer.from(text), lengths)));
        assert.deepEqual(read, JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it('end with a line that has no end', async () => {
    assert.deepEqual(await Array.fromAsync(jsonLines(pieces(Buffer.from('{"a":1}\n{"b":2}'), [5]))), [
      { a: 1 },
      { b: 2 },
    ]);
  });
});

describe('the tail of an output', () => {
  it('holds the last bytes, whatever the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 60 }), (parts) => {
        const tail = new Tail(16);
        for (const part of parts) tail.add(Buffer.from(part));
        assert.equal(tail.text(), parts.join('').slice(-16));
      }),
    );
  });
});

describe('requests', () => {
  const minimal: ContainerSpec = {
    name: 'web',
    image: 'a:1',
    labels: {},
    environment: [],
    network: 'front',
    mounts: [],
    ports: [],
    restart: 'no',
    noNewPrivileges: true,
    log: { maxBytes: 1000, files: 0 },
  };

  it('bound what the engine keeps of the output and give no swap on top of the memory', () => {
    const body = JSON.parse(JSON.stringify(containerBody({ ...minimal, memoryBytes: 5, cpus: 0.25 }))) as {
      HostConfig: Record<string, unknown>;
    };
    assert.deepEqual(body.HostConfig['LogConfig'], {
      Type: 'local',
      Config: { 'max-size': '1000', 'max-file': '1', compress: 'false' },
    });
    assert.equal(body.HostConfig['MemorySwap'], 5);
    assert.equal(body.HostConfig['NanoCpus'], 250_000_000);
    assert.deepEqual(body.HostConfig['SecurityOpt'], ['no-new-privileges:true']);
  });

  it('publish the ports that are asked for, and leave any free one to the engine', () => {
    const ports = [
      { hostAddress: '127.0.0.1', hostPort: 0, containerPort: 80, protocol: 'tcp' },
      { hostAddress: '127.0.0.1', hostPort: 53, containerPort: 53, protocol: 'udp' },
    ] as const;
    const body = containerBody({ ...minimal, ports }) as { HostConfig: { PortBindings: unknown } };
    assert.deepEqual(body.HostConfig.PortBindings, {
      '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }],
      '53/udp': [{ HostIp: '127.0.0.1', HostPort: '53' }],
    });
  });

  it("name no endpoint on the host's network", () => {
    const body = containerBody({ ...minimal, network: 'host' }) as { NetworkingConfig?: unknown };
    assert.equal(body.NetworkingConfig, undefined);
  });

  it('filter by labels with and without a value', () => {
    assert.equal(labelFilter({ a: 'b', c: '' }), '{"label":["a=b","c"]}');
    assert.equal(labelFilter({}), '{}');
  });

  it('split a tag off the last part of a reference only', () => {
    assert.deepEqual(splitTag('localhost:7050/a/b:1'), { name: 'localhost:7050/a/b', tag: '1' });
    assert.deepEqual(splitTag('localhost:7050/a'), { name: 'localhost:7050/a', tag: undefined });
    assert.deepEqual(splitTag('a@sha256:1'), { name: 'a@sha256:1', tag: undefined });
  });

  it('let no name break out of its place in a path', () => {
    assert.equal(escapePath('a?force=1#x y'), 'a%3Fforce%3D1%23x%20y');
    assert.equal(escapePath('localhost:7050/a/b@sha256:1'), 'localhost:7050/a/b@sha256:1');
  });

  it('carry a header of credentials even when there are none', () => {
    assert.deepEqual(authHeader(undefined), { 'X-Registry-Auth': 'e30=' });
  });

  it('pad credentials of every length: without it, Docker takes them for none', () => {
    for (const password of ['', 'a', 'ab', 'abc', '>>>???']) {
      const told =
        authHeader({ server: 'localhost:7050', username: 'patr', password })['X-Registry-Auth'] ?? '';
      assert.match(told, /^[A-Za-z0-9_-]+={0,2}$/);
      assert.equal(told.length % 4, 0);
      const read = JSON.parse(Buffer.from(told, 'base64url').toString()) as { password: string };
      assert.equal(read.password, password);
    }
  });
});
