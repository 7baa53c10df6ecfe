import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { pack } from 'tar-stream';
import { isEngineError, type EngineEvent, type LogChunk } from '../../src/docker/engine.ts';
import { openEngine } from '../../src/docker/openEngine.ts';
import { pushImage, type PushUpdate } from '../../src/image/pushImage.ts';
import { aContainer, openTestEngine, testImages, type TestEngine } from '../support/engine.ts';

async function made(outcome: Promise<{ id: string } | string>): Promise<string> {
  const told = await outcome;
  if (typeof told === 'string') throw new Error(told);
  return told.id;
}

async function text(chunks: AsyncIterable<LogChunk>): Promise<Record<'stdout' | 'stderr', string>> {
  const told = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of chunks) told[stream] += bytes.toString();
  return told;
}

describe('the engine', () => {
  let test: TestEngine;
  let count = 0;
  const next = (): string => `${test.prefix}-${(count += 1)}`;
  const start = async (facts: Partial<Parameters<typeof aContainer>[0]> = {}): Promise<string> => {
    const id = await made(
      test.engine.createContainer(aContainer({ name: next(), labels: test.labels, ...facts })),
    );
    assert.deepEqual(await test.engine.startContainer(id), { kind: 'started' });
    return id;
  };

  before(async () => {
    test = await openTestEngine();
  });
  after(() => test.close());

  it('tells about itself', async () => {
    const info = await test.engine.info();
    assert.match(info.platform, /^[a-z]+\/[a-z0-9/]+$/);
    assert.match(info.apiVersion, /^\d+\.\d+$/);
    assert.ok(info.cpus > 0 && info.memoryBytes > 0);
  });

  it('has expected outcomes as values: twice started, twice stopped, taken, missing, gone', async () => {
    const { engine, labels } = test;
    const spec = aContainer({ name: next(), labels });
    const id = await made(engine.createContainer(spec));
    assert.equal(await engine.createContainer(spec), 'nameTaken');
    assert.equal(
      await engine.createContainer({ ...spec, name: next(), image: 'patr-no/such:1' }),
      'imageMissing',
    );
    assert.deepEqual(await engine.startContainer(id), { kind: 'started' });
    assert.deepEqual(await engine.startContainer(id), { kind: 'started' });
    assert.equal(await engine.killContainer(id, 'SIGUSR1'), 'sent');
    assert.equal(await engine.stopContainer(id, 0), 'stopped');
    assert.equal(await engine.stopContainer(id, 0), 'stopped');
    assert.equal(await engine.killContainer(id, 'SIGTERM'), 'absent');
    assert.equal(await engine.stats(id), 'absent');
    assert.equal(await engine.removeContainer(id), 'removed');
    assert.equal(await engine.removeContainer(id), 'absent');
    assert.equal(await engine.stopContainer(id, 0), 'absent');
    assert.equal(await engine.inspectContainer(id), 'absent');
    assert.deepEqual(await engine.startContainer(id), { kind: 'absent' });
    assert.equal(await engine.stats(id), 'absent');
    assert.equal(await engine.inspectImage('patr-no/such:1'), 'absent');
    assert.equal(await engine.removeImage('patr-no/such:1'), 'absent');
    assert.equal(await engine.removeVolume(`${test.prefix}-none`), 'absent');
    assert.equal(await engine.removeNetwork(`${test.prefix}-none`), 'absent');
  });

  it('says that a port is taken, and leaves the container created', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const ports = [
      { hostAddress: '127.0.0.1', hostPort: address.port, containerPort: 80, protocol: 'tcp' },
    ] as const;
    const spec = aContainer({ name: next(), labels: test.labels, network: 'bridge', ports });
    const id = await made(test.engine.createContainer(spec));
    const outcome = await test.engine.startContainer(id);
    server.close();
    assert.equal(outcome.kind, 'portTaken');
    const left = await test.engine.inspectContainer(id);
    assert.equal(left !== 'absent' && left.state, 'created');
  });

  it('says why a program cannot be started', async () => {
    const spec = aContainer({ name: next(), labels: test.labels, command: ['/no/such/program'] });
    const id = await made(test.engine.createContainer(spec));
    const outcome = await test.engine.startContainer(id);
    assert.equal(outcome.kind, 'failed');
    assert.match(outcome.kind === 'failed' ? outcome.message : '', /no such file/);
  });

  it('tells addresses, limits and published ports of what runs', async () => {
    const { engine, labels } = test;
    const network = await engine.ensureNetwork({ name: next(), labels, subnet: '10.209.77.0/28' });
    assert.deepEqual(await engine.ensureNetwork({ name: network.name, labels }), network);
    const ports = [{ hostAddress: '127.0.0.1', hostPort: 0, containerPort: 80, protocol: 'tcp' }] as const;
    const id = await start({
      network: network.name,
      ports,
      cpus: 0.5,
      memoryBytes: 32_000_000,
      environment: ['A=b'],
    });
    const [listed] = (await engine.listContainers({ labels })).filter((one) => one.id === id);
    const inspected = await engine.inspectContainer(id);
    const sample = await engine.stats(id);
    assert.ok(inspected !== 'absent' && sample !== 'absent');
    assert.match(listed?.addresses[network.name] ?? '', /^10\.209\.77\./);
    assert.deepEqual(inspected.addresses, listed?.addresses);
    assert.ok((inspected.ports[0]?.hostPort ?? 0) > 0);
    assert.ok(inspected.environment?.includes('A=b'));
    assert.ok((inspected.startedAt ?? 0) >= (inspected.createdAt ?? Infinity));
    assert.equal(sample.memoryLimitBytes, Math.floor(32_000_000 / 4096) * 4096);
    assert.equal(await engine.removeNetwork(network.id), 'inUse');
    await engine.disconnectNetwork(network.name, id);
    await engine.disconnectNetwork(network.name, id);
    await engine.connectNetwork(network.name, id);
    await engine.connectNetwork(network.name, id);
    await engine.removeContainer(id);
    assert.equal(await engine.removeNetwork(network.id), 'removed');
  });

  it('tells how a container ended', async () => {
    const id = await start({ command: ['sh', '-c', 'echo last words >&2; exit 3'] });
    const said = await text(test.engine.logs(id, { follow: true }));
    const ended = await test.engine.inspectContainer(id);
    assert.ok(ended !== 'absent');
    assert.deepEqual(said, { stdout: '', stderr: 'last words\n' });
    assert.deepEqual([ended.state, ended.exitCode, ended.outOfMemory], ['exited', 3, false]);
  });

  it('runs commands, tells their streams apart and bounds what it keeps', async () => {
    const id = await start();
    const told = await test.engine.exec(id, ['sh', '-c', 'echo out; echo err >&2; exit 4']);
    const long = await test.engine.exec(id, ['sh', '-c', 'yes 0123456789abcde | head -n 200000; echo end']);
    assert.deepEqual(told, { exitCode: 4, stdout: 'out\n', stderr: 'err\n' });
    assert.equal(long.stdout.length, 1024 * 1024);
    assert.ok(long.stdout.endsWith('end\n'));
  });

  it('puts files in and gets one out, running or not', async () => {
    const id = await made(test.engine.createContainer(aContainer({ name: next(), labels: test.labels })));
    const archive = pack();
    archive.entry({ name: 'new.txt' }, 'content');
    archive.finalize();
    await test.engine.putArchive(id, '/bin', Buffer.concat((await Array.fromAsync(archive)) as Buffer[]));
    assert.equal(String(await test.engine.readFile(id, '/bin/new.txt')), 'content');
    assert.equal(await test.engine.readFile(id, '/bin/none.txt'), 'absent');
    await assert.rejects(test.engine.readFile(id, '/bin'), /not a file/);
    await assert.rejects(test.engine.readFile(`${test.prefix}-none`, '/x'), (error) =>
      isEngineError(error, 'notFound'),
    );
  });

  it('keeps volumes until they are removed, and not while they are in use', async () => {
    const { engine, labels } = test;
    const volume = await engine.ensureVolume({ name: next(), labels });
    assert.deepEqual((await engine.ensureVolume({ name: volume.name, labels })).name, volume.name);
    const mounts = [{ kind: 'volume', source: volume.name, target: '/data', readOnly: false }] as const;
    const id = await start({ mounts });
    assert.equal(await engine.removeVolume(volume.name), 'inUse');
    await engine.removeContainer(id);
    assert.equal(await engine.removeVolume(volume.name), 'removed');
  });

  it('tells events from the moment on at which it says so', async () => {
    const stop = new AbortController();
    const subscribed = Promise.withResolvers<void>();
    const seen: EngineEvent[] = [];
    const listening = (async () => {
      const options = { signal: stop.signal, onSubscribed: () => subscribed.resolve() };
      for await (const event of test.engine.events({ labels: test.labels }, options)) {
        seen.push(event);
        if (event.action === 'destroy') stop.abort();
      }
    })();
    await subscribed.promise;
    const id = await start();
    await test.engine.removeContainer(id);
    await listening;
    const actions = seen.filter((event) => event.id === id).map((event) => event.action);
    assert.deepEqual(
      actions.filter((action) => ['create', 'start', 'die', 'destroy'].includes(action)),
      ['create', 'start', 'die', 'destroy'],
    );
  });

  it('gives up at once what is aborted: following, waiting, running', async () => {
    const id = await start({ command: ['sh', '-c', 'trap "" TERM; while true; do sleep 1; done'] });
    const stop = new AbortController();
    const following = text(test.engine.logs(id, { follow: true }, { signal: stop.signal }));
    const running = test.engine.exec(id, ['sleep', '60'], { signal: stop.signal });
    const stopping = test.engine.stopContainer(id, 60, { signal: stop.signal });
    const settled = Promise.allSettled([following, running, stopping]);
    await test.engine.inspectContainer(id);
    stop.abort();
    assert.deepEqual(
      (await settled).map((one) => one.status),
      ['fulfilled', 'rejected', 'rejected'],
    );
  });

  it('pushes to a registry, forecasts what is left, and tells the digest', async () => {
    const { engine, labels, prefix } = test;
    const config =
      'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /tmp/registry\nhttp:\n  addr: :5000\n';
    const archive = pack();
    archive.entry({ name: 'registry.yml' }, config);
    archive.finalize();
    const ports = [{ hostAddress: '127.0.0.1', hostPort: 0, containerPort: 5000, protocol: 'tcp' }] as const;
    const image = testImages().registry;
    const command = ['serve', '/registry.yml'];
    const spec = aContainer({ name: next(), labels, image, command, network: 'bridge', ports });
    const id = await made(engine.createContainer(spec));
    await engine.putArchive(id, '/', Buffer.concat((await Array.fromAsync(archive)) as Buffer[]));
    assert.deepEqual(await engine.startContainer(id), { kind: 'started' });
    const registry = await engine.inspectContainer(id);
    const port = registry === 'absent' ? 0 : registry.ports[0]?.hostPort;
    await answers(`http://127.0.0.1:${port}/v2/`);
    const reference = `127.0.0.1:${port}/${prefix}/app:1`;
    await engine.tagImage(testImages().busybox, reference);
    const push = (): Promise<PushUpdate[]> => Array.fromAsync(pushImage(engine, reference, undefined));
    const first = (await push()).at(-1);
    const again = await push();
    assert.ok(first?.kind === 'pushed' && /^sha256:[0-9a-f]{64}$/.test(first.digest));
    assert.deepEqual(again.at(-1), first);
    const forecast = again.findLast((one) => one.kind === 'progress');
    assert.equal(forecast?.alreadyThere, forecast?.layers);
    assert.equal(forecast?.share, 1);
    await engine.removeImage(reference);
    const byDigest = `127.0.0.1:${port}/${prefix}/app@${first.digest}`;
    await Array.fromAsync(engine.pull(byDigest, undefined));
    assert.notEqual(await engine.inspectImage(byDigest), 'absent');
    await engine.removeImage(byDigest);
    await assert.rejects(
      Array.fromAsync(engine.pull(`127.0.0.1:${port}/${prefix}/none:1`, undefined)),
      (error) => isEngineError(error, 'notFound'),
    );
  });

  it('is unreachable where nothing is, and says what to do', async () => {
    const engine = openEngine({ kind: 'unix', path: `/tmp/${test.prefix}.sock` });
    await assert.rejects(
      engine.info(),
      (error) => isEngineError(error, 'unreachable') && /Start it/.test(error.message),
    );
    engine.dispose();
  });
});

/** Asks until something answers; each try ends by itself. */
async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing answers at ${url}.`);
}
