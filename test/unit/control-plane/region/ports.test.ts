import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEdgeFiles, type EdgeFiles } from '../../../../src/control-plane/edge/edgeFiles.ts';
import {
  choosePort,
  firstFree,
  rememberedPorts,
  rememberPorts,
} from '../../../../src/control-plane/region/ports.ts';

describe('ports of a region', () => {
  let folder: string;
  let files: EdgeFiles;
  let server: Server;
  let taken: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-ports-'));
    files = await openEdgeFiles(folder, '/inside');
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    taken = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are remembered until another one is preferred', async () => {
    const preferred = { registry: 7050, http: 7080, https: 7443 };
    const chosen = { registry: 7051, http: 7081, https: 7443 };
    assert.deepEqual(await rememberedPorts(files, preferred), {});
    await rememberPorts(files, preferred, chosen);
    assert.deepEqual(await rememberedPorts(files, preferred), chosen);
    const { registry, https } = chosen;
    assert.deepEqual(await rememberedPorts(files, { ...preferred, http: 80 }), { registry, https });
  });

  it('stay where the service is, although they are taken: by itself', async () => {
    assert.equal(await choosePort({ last: taken, preferred: 1, serving: true }), taken);
    assert.notEqual(await choosePort({ last: taken, preferred: 1, serving: false }), taken);
  });

  it('are the next that nobody has', async () => {
    const free = await firstFree(taken);
    assert.ok(free > taken);
    assert.ok((await firstFree(taken, [free])) > free);
  });

  it('are any when none is preferred', async () => {
    assert.ok((await firstFree(0)) > 1024);
  });

  it('come to an end', async () => {
    await assert.rejects(firstFree(65_536), /No port from .* is free on this machine\. Choose others/);
  });
});
