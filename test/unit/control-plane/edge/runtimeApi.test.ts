import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProxyError, runtimeApi, word, workerApi } from '../../../../src/control-plane/edge/runtimeApi.ts';

describe('the admin socket', () => {
  let folder: string;
  let path: string;
  let server: Server | undefined;
  let received: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-socket-'));
    path = join(folder, 'admin.sock');
    received = [];
  });

  afterEach(async () => {
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function serve(answer: (command: string, socket: Socket) => void): Promise<void> {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      let command = '';
      socket.setEncoding('utf8').on('data', (text: string) => (command += text));
      socket.on('end', () => {
        received.push(command);
        answer(command, socket);
      });
    });
    server.listen(path);
    await once(server, 'listening');
  }

  it('is asked one command and gives its whole answer', async () => {
    await serve((_, socket) => {
      socket.write('Name: x\n');
      setImmediate(() => socket.end('Pid: 8\n\n'));
    });
    assert.equal(await runtimeApi(path).ask('show info'), 'Name: x\nPid: 8');
    assert.deepEqual(received, ['show info\n']);
  });

  it('carries commands to a worker by its process id', async () => {
    await serve((_, socket) => socket.end('\n'));
    await workerApi(runtimeApi(path), 42).ask('show stat');
    assert.deepEqual(received, ['@!42 show stat\n']);
  });

  it('tells what the proxy said when it refused', async () => {
    await serve((_, socket) => socket.end('No such backend.\n'));
    await assert.rejects(runtimeApi(path).tell('add server slot9/x 10.0.0.1:80', /^$/), {
      name: 'ProxyError',
      message: 'The edge refused "add server slot9/x 10.0.0.1:80": No such backend.',
    });
  });

  it('has done nothing when it closes without an answer', async () => {
    await serve((_, socket) => socket.destroy());
    await assert.rejects(runtimeApi(path).tell('set server slot0/x state ready', /^$/), ProxyError);
  });

  it('cannot be reached where nobody listens', async () => {
    await assert.rejects(runtimeApi(path).ask('show info'), ProxyError);
  });

  it('is not waited for once the caller has given up', async () => {
    const reason = new Error('given up');
    const giveUp = new AbortController();
    await serve(() => giveUp.abort(reason));
    await assert.rejects(
      runtimeApi(path).ask('show info', { signal: giveUp.signal }),
      (error) => error === reason,
    );
    await assert.rejects(
      runtimeApi(path).ask('show info', { signal: giveUp.signal }),
      (error) => error === reason,
    );
  });

  it('is sent no value that could be more than a value', () => {
    for (const value of ['a b', 'a\nb', 'a;b', '<<', '', 'a"', 'x'.repeat(600)]) {
      assert.throws(() => word(value), ProxyError);
    }
    assert.equal(word('8080-abc.localhost/'), '8080-abc.localhost/');
    assert.equal(word(8080), '8080');
  });
});
