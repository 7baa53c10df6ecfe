import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEngineError, type Engine } from '../../../src/docker/engine.ts';
import { openEngine } from '../../../src/docker/openEngine.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const version = { ApiVersion: '1.41', MinAPIVersion: '1.12', Version: '20.10' };

/** An engine that misbehaves, on a socket of its own. */
class BadEngine {
  readonly seen: string[] = [];
  readonly #server: Server;
  readonly #folder: string;
  version: object = version;
  readonly engine: Engine;

  constructor(folder: string, handle: Handler) {
    this.#folder = folder;
    this.#server = createServer((request, response) => {
      this.seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      if (request.url?.startsWith('/version') === true) response.end(JSON.stringify(this.version));
      else handle(request, response);
    });
    this.engine = openEngine({ kind: 'unix', path: join(folder, 's') });
  }

  static async start(handle: Handler): Promise<BadEngine> {
    const bad = new BadEngine(await mkdtemp(join(tmpdir(), 'patr-engine-')), handle);
    bad.#server.listen(join(bad.#folder, 's'));
    await once(bad.#server, 'listening');
    return bad;
  }

  async stop(): Promise<void> {
    this.engine.dispose();
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

describe('a connection to an engine that misbehaves', () => {
  let bad: BadEngine | undefined;
  const start = async (handle: Handler): Promise<BadEngine> => (bad = await BadEngine.start(handle));
  afterEach(() => bad?.stop());

  it('agrees upon the API version once, and no newer one than the engine speaks', async () => {
    const { engine, seen } = await start((_request, response) => response.end('[]'));
    await Promise.all([engine.listContainers({ labels: {} }), engine.listContainers({ labels: {} })]);
    assert.equal(seen.filter((one) => one.includes('/version')).length, 1);
    assert.equal(seen.filter((one) => one.startsWith('GET /v1.41/containers/json?')).length, 2);
  });

  it('says that an engine is too old', async () => {
    const started = await start((_request, response) => response.end('[]'));
    started.version = { ApiVersion: '1.24' };
    await assert.rejects(started.engine.listContainers({ labels: {} }), (error) =>
      isEngineError(error, 'tooOld'),
    );
  });

  it('settles when the answer breaks off in the middle', async () => {
    const { engine } = await start((_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('[{"Id":');
      setImmediate(() => response.destroy());
    });
    await assert.rejects(engine.listContainers({ labels: {} }), (error) =>
      isEngineError(error, 'unreachable'),
    );
  });

  it('settles when the engine hangs and the signal fires', async () => {
    const stop = new AbortController();
    const { engine } = await start(() => stop.abort(new Error('enough')));
    await assert.rejects(engine.inspectContainer('x', { signal: stop.signal }), /enough/);
  });

  it('settles when the engine hangs in the middle of an answer and the signal fires', async () => {
    const stop = new AbortController();
    const { engine } = await start((_request, response) => {
      response.writeHead(200);
      response.write('[');
      setImmediate(() => stop.abort(new Error('enough')));
    });
    await assert.rejects(engine.listContainers({ labels: {} }, { signal: stop.signal }), /enough/);
  });

  it('does nothing at all for a signal that has fired', async () => {
    const { engine, seen } = await start((_request, response) => response.end('[]'));
    await assert.rejects(
      engine.listVolumes({ labels: {} }, { signal: AbortSignal.abort(new Error('over')) }),
      /over/,
    );
    assert.deepEqual(seen, []);
  });

  it('ends the events, without an error, when the stream breaks', async () => {
    const { engine } = await start((_request, response) => {
      response.writeHead(200);
      const event = { Type: 'container', Action: 'start', Actor: { ID: 'a' }, timeNano: 1e15 };
      response.write(`${JSON.stringify(event)}\n`);
      setImmediate(() => response.destroy());
    });
    const seen = await Array.fromAsync(engine.events({ labels: {} }));
    assert.ok(seen.length <= 1);
  });

  it('throws when there is nothing to subscribe to', async () => {
    const { engine } = await start((_request, response) => response.writeHead(500).end('{"message":"no"}'));
    await assert.rejects(Array.fromAsync(engine.events({ labels: {} })), (error) =>
      isEngineError(error, 'failed'),
    );
  });

  it('sees a failure of a push that has status 200', async () => {
    const { engine } = await start((_request, response) =>
      response.end(
        '{"status":"Preparing","id":"a"}\n{"errorDetail":{"message":"no basic auth credentials"}}\n',
      ),
    );
    await assert.rejects(Array.fromAsync(engine.push('r.example/a:1', undefined)), (error) =>
      isEngineError(error, 'denied'),
    );
  });

  it('does not take a push without a digest for a success', async () => {
    const { engine } = await start((_request, response) => response.end('{"status":"Pushed","id":"a"}\n'));
    await assert.rejects(Array.fromAsync(engine.push('r.example/a:1', undefined)), /without a digest/);
  });

  it('keeps no name from being escaped', async () => {
    const { engine, seen } = await start((_request, response) => response.writeHead(404).end('{}'));
    assert.equal(await engine.removeVolume('a?force=1'), 'absent');
    assert.ok(seen.some((one) => one.startsWith('DELETE /v1.41/volumes/a%3Fforce%3D1')));
  });

  it('is found again after it was not there', async () => {
    const started = await start((_request, response) => response.end('[]'));
    const elsewhere = openEngine({ kind: 'unix', path: '/nowhere/s' });
    await assert.rejects(elsewhere.listContainers({ labels: {} }), (error) =>
      isEngineError(error, 'unreachable'),
    );
    await assert.rejects(elsewhere.listContainers({ labels: {} }), (error) =>
      isEngineError(error, 'unreachable'),
    );
    assert.deepEqual(await started.engine.listContainers({ labels: {} }), []);
    elsewhere.dispose();
  });
});
