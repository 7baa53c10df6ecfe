import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEngineError } from '../../src/docker/engine.ts';
import { currentContext } from '../../src/docker/dockerContexts.ts';
import { ownDockerHome } from '../../src/docker/configFile.ts';
import { openEngine } from '../../src/docker/openEngine.ts';
import { buildImage } from '../../src/image/buildImage.ts';
import { testImages } from '../support/engine.ts';

/** Stands in for `ssh`: joins its input and output with the engine's socket, as `docker system dial-stdio` does. */
function standIn(socket: string): string {
  return `#!${process.execPath}
if (process.argv.includes('unknown-host')) {
  process.stderr.write('ssh: Could not resolve hostname unknown-host\\n');
  process.exit(255);
}
const socket = require('node:net').connect(${JSON.stringify(socket)});
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.on('close', () => process.exit(0));
`;
}

describe('an engine behind ssh', () => {
  let folder = '';
  const path = process.env['PATH'];

  before(async () => {
    const context = await currentContext(ownDockerHome());
    if (context.kind === 'broken') throw new Error(context.message);
    if (context.address.kind !== 'unix') {
      throw new Error(
        'The current Docker context leads to no socket of this machine, which the stand-in needs.',
      );
    }
    folder = await mkdtemp(join(tmpdir(), 'patr-ssh-'));
    await writeFile(join(folder, 'ssh'), standIn(context.address.path));
    await chmod(join(folder, 'ssh'), 0o755);
    process.env['PATH'] = `${folder}:${path ?? ''}`;
  });
  after(async () => {
    process.env['PATH'] = path;
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  it('answers calls, streams and builds over connections of their own', async () => {
    const engine = openEngine({ kind: 'ssh', host: 'server' });
    const tag = `patr-test-ssh-${process.pid}:1`;
    const stop = new AbortController();
    const listening = Array.fromAsync(
      engine.events({ labels: { none: 'such' } }, { signal: stop.signal, onSubscribed: () => stop.abort() }),
    );
    await writeFile(join(folder, 'Dockerfile'), `FROM ${testImages().busybox}\nRUN echo built\n`);
    const wanted = { tags: [tag], labels: {}, buildArguments: {}, noCache: true };
    const infos = await Promise.all([engine.info(), engine.info()]);
    const events = await Array.fromAsync(buildImage(engine, { folder, dockerfile: 'Dockerfile', ...wanted }));
    await listening;
    assert.equal(infos[0].id, infos[1].id);
    assert.equal(events.at(-1)?.kind, 'built');
    assert.equal(await engine.removeImage(tag), 'removed');
    engine.dispose();
  });

  it('that cannot be reached says what ssh said', async () => {
    const engine = openEngine({ kind: 'ssh', host: 'unknown-host' });
    await assert.rejects(
      engine.info(),
      (error) => isEngineError(error, 'unreachable') && /Could not resolve hostname/.test(error.message),
    );
    engine.dispose();
  });
});
