import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<unknown[]>;
}

/** The control plane as a process, without an engine behind it. */
describe('the control plane process', function () {
  this.timeout(30_000);
  let directory: string;
  let started: ChildProcess[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patr-process-'));
    started = [];
  });
  afterEach(async () => {
    for (const child of started) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  const argv = (...more: string[]) => [
    join(import.meta.dirname, '../../src/control-plane/main.ts'),
    '--port=0',
    `--state-dir=${directory}`,
    `--token-file=${join(directory, 'token')}`,
    `--engine=unix://${directory}/no-engine.sock`,
    '--name=process-test',
    ...more,
  ];

  async function start(): Promise<Running> {
    const child = spawn(process.execPath, argv(), { stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(child);
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const exited = once(child, 'exit');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await lines.next();
    assert.notEqual(first.done, true, output);
    const ready = JSON.parse(String(first.value)) as { ready: boolean; url: string };
    assert.equal(ready.ready, true);
    return { child, url: ready.url, exited };
  }

  async function fails(...more: string[]): Promise<string> {
    const child = spawn(process.execPath, argv(...more), { stdio: ['ignore', 'ignore', 'pipe'] });
    started.push(child);
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = await once(child, 'close');
    assert.equal(code, 1);
    return output;
  }

  async function ask(url: string, path: string, init: RequestInit = {}): Promise<Response> {
    const token = (await readFile(join(directory, 'token'), 'utf8')).trim();
    return fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });
  }

  async function makeRepository(url: string, name: string): Promise<void> {
    const { workspaces } = (await (await ask(url, '/user/workspaces')).json()) as {
      workspaces: { id: string }[];
    };
    const path = `/workspace/${workspaces[0]!.id}/container-registry`;
    const response = await ask(url, path, { method: 'POST', body: JSON.stringify({ name }) });
    assert.equal(response.status, 201);
  }

  async function repositories(url: string): Promise<string[]> {
    const { workspaces } = (await (await ask(url, '/user/workspaces')).json()) as {
      workspaces: { id: string }[];
    };
    const response = await ask(url, `/workspace/${workspaces[0]!.id}/container-registry`);
    const body = (await response.json()) as { repositories: { name: string }[] };
    return body.repositories.map(({ name }) => name);
  }

  it('says where it answers, also in a file, and answers without an engine', async () => {
    const { url } = await start();
    const endpoint = JSON.parse(await readFile(join(directory, 'endpoint.json'), 'utf8')) as { url: string };
    assert.equal(endpoint.url, url);
    assert.equal((await ask(url, '/user')).status, 200);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
  });

  it('stops cleanly on SIGTERM, open streams included, and knows everything again', async () => {
    const first = await start();
    await makeRepository(first.url, 'shop');
    const { workspaces } = (await (await ask(first.url, '/user/workspaces')).json()) as {
      workspaces: { id: string }[];
    };
    const stream = await ask(first.url, `/workspace/${workspaces[0]!.id}/change`);
    const rest = stream.text();
    first.child.kill('SIGTERM');
    assert.deepEqual(await first.exited, [0, null]);
    assert.match(await rest, /alive/);
    const second = await start();
    assert.deepEqual(await repositories(second.url), ['shop']);
  });

  it('keeps what it answered with success when it is killed', async () => {
    const first = await start();
    for (let n = 0; n < 20; n++) await makeRepository(first.url, `app${n}`);
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await start();
    assert.equal((await repositories(second.url)).length, 20);
  });

  it('works neither on a state nor on a region that another one works on', async () => {
    await start();
    assert.match(await fails(), /Another control plane is running/);
    const other = join(directory, 'other');
    assert.match(
      await fails('--state-dir', other),
      /is at work on the region process-test, with another state/,
    );
  });

  it('tells in a sentence what is wrong with its arguments, its token file or its port', async () => {
    assert.match(await fails('--placement', 'moon'), /^--placement must be/);
    const { port } = new URL((await start()).url);
    const other = join(directory, 'other');
    const elsewhere = ['--state-dir', other, '--name', 'process-other'];
    assert.match(await fails(...elsewhere, '--port', port), /another program listens there/);
    await writeFile(join(directory, 'odd'), 'hello');
    const odd = await fails(...elsewhere, '--token-file', join(directory, 'odd'));
    assert.match(odd, /does not hold an API token/);
    assert.doesNotMatch(odd, /\n\s+at /);
  });
});
