import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import type { LocalEndpoint, LocalProgress } from '../../src/local/contract.ts';
import { clientFor, openTestRegion, type TestRegion } from '../support/localRegion.ts';

/** Everything here starts and replaces real containers, in an order that builds up. */
describe('the local region on a real engine', function () {
  this.timeout(180_000);
  let region: TestRegion;
  let first: LocalEndpoint;
  let progress: LocalProgress['kind'][];
  const note = ({ kind }: LocalProgress): void => void progress.push(kind);
  const container = (): string => `patr-${region.name}-control-plane`;
  const id = async (): Promise<string> => {
    const record = await region.engine.inspectContainer(container());
    return record === 'absent' ? 'absent' : record.id;
  };
  const workspace = async (endpoint: LocalEndpoint): Promise<string> =>
    (await clientFor(endpoint).listWorkspaces()).workspaces[0]!.id;

  before(async () => {
    region = await openTestRegion('local', '0.0.91');
  });
  after(async () => {
    await region.host.remove();
    // Versions that there are only here.
    for (const { tags } of await region.engine.listImages({ labels: {} })) {
      const own = tags.filter((tag) => /^patr-control-plane:0\.0\.9[1-9]-/.test(tag));
      for (const tag of own) await region.engine.removeImage(tag);
    }
    await region.close();
  });
  beforeEach(() => {
    progress = [];
  });

  it('is absent at first, and removing what is not there is no error', async () => {
    assert.deepEqual(await region.host.find(), { kind: 'absent' });
    await region.host.remove();
    assert.deepEqual(await region.host.inventory(), { containers: [], volumes: [], networks: [] });
  });

  it('is started by two windows at once, once, and both have the same answer', async () => {
    const other = region.window();
    const [mine, theirs] = await Promise.all([region.host.ensure(note), other.ensure(() => undefined)]);
    first = mine;
    assert.deepEqual(mine, theirs);
    assert.match(mine.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(progress.at(-1), 'ready');
    assert.deepEqual(await other.find(), { kind: 'running', endpoint: mine });
    const { containers } = await region.host.inventory();
    assert.deepEqual(
      containers,
      ['control-plane', 'edge', 'registry'].map((what) => `patr-${region.name}-${what}`),
    );
  });

  it('is found as it is by whoever comes later, and nothing is made anew', async () => {
    const before = await id();
    assert.deepEqual(await region.window().ensure(note), first);
    assert.equal(await id(), before);
    assert.deepEqual(progress, ['ready']);
  });

  it('tells its output line by line', async () => {
    const enough = new AbortController();
    const found: string[] = [];
    for await (const line of region.host.logs({ tail: 50, signal: enough.signal })) {
      found.push(line);
      if (line.includes('The control plane answers')) enough.abort();
      if (enough.signal.aborted) break;
    }
    assert.ok(found.some((line) => line.includes('The control plane answers')));
  });

  it("sees what containers use in the kernel's files, and cannot write them", async () => {
    const record = await region.engine.inspectContainer(container());
    assert.ok(record !== 'absent' && record.pid !== undefined);
    const command = ['node', '-e', lookAtKernel, record.id, String(record.pid)];
    const { stdout } = await region.engine.exec(container(), command);
    assert.deepEqual(JSON.parse(stdout), { process: true, network: true, group: true, refused: 'EROFS' });
  });

  it('comes back by itself when it is killed', async () => {
    const record = await region.engine.inspectContainer(container());
    assert.ok(record !== 'absent' && record.pid !== undefined);
    await region.engine.exec(container(), ['kill', '-9', '1']);
    process.kill(record.pid, 'SIGKILL');
    assert.deepEqual(await region.host.ensure(note), first);
  });

  it('is upgraded in place by a newer window, and never taken back by an older one', async () => {
    const [before, had] = [await id(), await workspace(first)];
    const old = await region.engine.inspectContainer(container());
    assert.ok(old !== 'absent' && old.image.includes(':0.0.91-'), 'its image has the version as its tag');
    const newer = await region.window({ version: '0.0.92' }).ensure(note);
    assert.ok(progress.includes('upgrading'));
    assert.deepEqual([newer.version, newer.url, newer.token], ['0.0.92', first.url, first.token]);
    assert.equal(await workspace(newer), had);
    const upgraded = await id();
    assert.notEqual(upgraded, before);
    assert.equal(await region.engine.inspectImage(old.image), 'absent');
    progress = [];
    assert.equal((await region.host.ensure(note)).version, '0.0.92');
    assert.deepEqual([await id(), progress], [upgraded, ['ready']]);
  });

  it('starts again where it was stopped, on another port if its own is taken by then', async () => {
    const newest = region.window({ version: '0.0.92' });
    await newest.stop();
    assert.deepEqual(await newest.find(), { kind: 'stopped' });
    assert.equal((await newest.ensure(note)).url, first.url);
    await newest.stop();
    const squatter = await listenOn(Number(new URL(first.url).port));
    try {
      const moved = await newest.ensure(note);
      assert.notEqual(moved.url, first.url);
      assert.equal(moved.token, first.token);
    } finally {
      squatter.close();
    }
  });

  it('says what its container said when it cannot come up', async () => {
    const broken = region.window({
      version: '0.0.93',
      settings: { ports: { ...region.settings.ports, http: 99_999 } },
    });
    const failure = await broken.ensure(note).catch((error: unknown) => error);
    assert.ok(failure instanceof Error && 'output' in failure && Array.isArray(failure.output));
    assert.match(failure.message, /did not come up: it ends as soon as it is started/);
    assert.match(failure.output.join('\n'), /--http-port must be a port/);
  });

  it('says so when the image that it is built upon cannot be had', async () => {
    const images = { node: 'patr-test.invalid/no/such:1', registry: 'a', edge: 'b' };
    const lost = region.window({ version: '0.0.94', settings: { images } });
    await assert.rejects(lost.ensure(note), /patr-test\.invalid\/no\/such:1 is not on this machine.*setting/);
  });

  it('can be given up while it starts', async () => {
    const reason = new Error('enough');
    const work = region.window({ version: '0.0.95' }).ensure(note, { signal: AbortSignal.abort(reason) });
    await assert.rejects(work);
  });

  it('goes without a trace', async () => {
    await region.window({ version: '0.0.95' }).ensure(note);
    await region.host.remove();
    assert.deepEqual(await region.host.inventory(), { containers: [], volumes: [], networks: [] });
    assert.deepEqual(await region.host.find(), { kind: 'absent' });
  });
});

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

const lookAtKernel = `
  const { readFileSync, existsSync, mkdirSync } = require('node:fs');
  const [id, pid] = process.argv.slice(1);
  const own = '/host/proc/' + pid;
  const groups = ['', 'memory/'].flatMap((controller) =>
    ['docker/' + id, 'system.slice/docker-' + id + '.scope'].map((path) => '/host/cgroup/' + controller + path));
  let refused;
  try { mkdirSync(groups.find(existsSync) + '/mine'); } catch ({ code }) { refused = code; }
  console.log(JSON.stringify({
    process: readFileSync(own + '/cgroup', 'utf8').includes(id),
    network: readFileSync(own + '/net/dev', 'utf8').includes('lo:'),
    group: groups.some(existsSync),
    refused,
  }));
`;
