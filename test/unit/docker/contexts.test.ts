import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { formatAddress, parseAddress } from '../../../src/docker/address.ts';
import { currentContext, namedContext } from '../../../src/docker/dockerContexts.ts';
import type { DockerHome } from '../../../src/docker/configFile.ts';
import { dockerCredentials } from '../../../src/docker/registryCredentials.ts';
import { sshArguments } from '../../../src/docker/sshAgent.ts';

describe('addresses of engines', () => {
  it('are read as Docker reads them', () => {
    const read = (text: string): unknown => parseAddress(text);
    assert.deepEqual(read('unix:///run/docker.sock'), { kind: 'unix', path: '/run/docker.sock' });
    assert.deepEqual(read('unix://'), { kind: 'unix', path: '/var/run/docker.sock' });
    assert.deepEqual(read('npipe:////./pipe/dockerDesktop'), {
      kind: 'npipe',
      path: '//./pipe/dockerDesktop',
    });
    assert.deepEqual(read('10.0.0.4:2375'), { kind: 'tcp', host: '10.0.0.4', port: 2375, tls: undefined });
    assert.deepEqual(read('tcp://[::1]:80'), { kind: 'tcp', host: '::1', port: 80, tls: undefined });
    assert.deepEqual(parseAddress('tcp://h', {}), { kind: 'tcp', host: 'h', port: 2376, tls: {} });
    assert.deepEqual(read('ssh://me@server:2222'), { kind: 'ssh', host: 'server', user: 'me', port: 2222 });
    for (const none of ['', 'ftp://x', '/run/docker.sock', 'tcp://', 'ssh://'])
      assert.equal(read(none), undefined);
  });

  it('cannot smuggle an option into ssh', () => {
    assert.equal(parseAddress('ssh://-oProxyCommand=x'), undefined);
    assert.equal(parseAddress('ssh://-l@host'), undefined);
    const words = sshArguments({ kind: 'ssh', host: 'server', user: 'me', port: 22 });
    assert.deepEqual(words.slice(words.indexOf('--')), ['--', 'server', 'docker', 'system', 'dial-stdio']);
  });

  it('never throw, and what is read is written as what is read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('tcp://a:1', 'ssh://u@h:3')), (text) => {
        const address = parseAddress(text);
        if (address !== undefined) assert.deepEqual(parseAddress(formatAddress(address)), address);
      }),
    );
  });
});

describe('Docker contexts and credentials', () => {
  let home = '';
  const write = async (path: string, content: unknown): Promise<string> => {
    const file = join(home, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const at = (env: Record<string, string> = {}): DockerHome => ({ env, home, platform: 'linux' });
  const metaOf = (name: string): string => createHash('sha256').update(name).digest('hex');
  const addContext = (name: string, Host: string): Promise<string> =>
    write(`.docker/contexts/meta/${metaOf(name)}/meta.json`, { Name: name, Endpoints: { docker: { Host } } });

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'patr-contexts-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it("take the machine's socket when nothing is configured", async () => {
    const windows = await currentContext({ env: {}, home, platform: 'win32' });
    assert.deepEqual(windows, {
      kind: 'found',
      name: 'default',
      address: { kind: 'npipe', path: '//./pipe/docker_engine' },
    });
    assert.equal((await currentContext(at())).name, 'default');
  });

  it('put DOCKER_HOST before DOCKER_CONTEXT before the selected context', async () => {
    await addContext('one', 'unix:///one.sock');
    await addContext('two', 'ssh://me@two');
    await write('.docker/config.json', { currentContext: 'one' });
    const selected = await currentContext(at());
    const fromVariable = await currentContext(at({ DOCKER_CONTEXT: 'two' }));
    const fromHost = await currentContext(at({ DOCKER_CONTEXT: 'two', DOCKER_HOST: 'tcp://h:1' }));
    assert.deepEqual(selected, { kind: 'found', name: 'one', address: { kind: 'unix', path: '/one.sock' } });
    assert.deepEqual(fromVariable, {
      kind: 'found',
      name: 'two',
      address: { kind: 'ssh', host: 'two', user: 'me' },
    });
    assert.equal(fromHost.kind === 'found' && fromHost.address.kind, 'tcp');
  });

  it('bring the certificates of a context along', async () => {
    await addContext('tls', 'tcp://h:2376');
    await write(`.docker/contexts/tls/${metaOf('tls')}/docker/ca.pem`, 'CA');
    const context = await namedContext(at(), 'tls');
    assert.deepEqual(context, {
      kind: 'found',
      name: 'tls',
      address: { kind: 'tcp', host: 'h', port: 2376, tls: { ca: 'CA' } },
    });
  });

  it('say what is wrong with a context that is gone, or a file that is broken', async () => {
    await write('.docker/config.json', { currentContext: 'gone' });
    const gone = await currentContext(at());
    await write('.docker/config.json', '{ broken');
    const broken = await currentContext(at());
    assert.match(gone.kind === 'broken' ? gone.message : '', /no Docker context "gone"/);
    assert.match(broken.kind === 'broken' ? broken.message : '', /config\.json cannot be read/);
  });

  it('read stored credentials, whatever form the key has', async () => {
    const auth = Buffer.from('me:pass:word').toString('base64');
    const auths = {
      'https://ghcr.io/v2/': { auth },
      'https://index.docker.io/v1/': { identitytoken: 't' },
      x: {},
    };
    await write('.docker/config.json', { auths });
    const source = dockerCredentials(at(), { helpers: false, onProblem: assert.fail });
    assert.deepEqual(await source('ghcr.io'), { server: 'ghcr.io', username: 'me', password: 'pass:word' });
    assert.equal((await source('docker.io'))?.identityToken, 't');
    assert.equal(await source('elsewhere.example'), undefined);
    assert.equal(await source('x'), undefined);
  });

  it('ask a helper without a shell, and only where helpers may run', async () => {
    const reply = '{"Username":"u","Secret":"s"}';
    const helper = await write(
      'bin/docker-credential-fake',
      `#!/bin/sh\nread host\n[ "$host" = r.example ] || exit 1\necho '${reply}'\n`,
    );
    await chmod(helper, 0o755);
    await write('.docker/config.json', { credsStore: 'fake' });
    const env = { PATH: `${dirname(helper)}:${process.env['PATH'] ?? ''}` };
    const trusted = dockerCredentials(at(env), { helpers: true, onProblem: assert.fail });
    const untrusted = dockerCredentials(at(env), { helpers: false, onProblem: assert.fail });
    assert.deepEqual(await trusted('r.example'), { server: 'r.example', username: 'u', password: 's' });
    assert.equal(await untrusted('r.example'), undefined);
  });

  it('go without credentials, and say so, when a helper is missing or is no name', async () => {
    const problems: string[] = [];
    const options = { helpers: true, onProblem: (message: string) => problems.push(message) };
    await write('.docker/config.json', { credHelpers: { a: 'not-there', b: '../evil; rm' } });
    const source = dockerCredentials(at({ PATH: home }), options);
    assert.equal(await source('a'), undefined);
    assert.equal(await source('b'), undefined);
    assert.match(
      problems.join('\n'),
      /docker-credential-not-there.*Install it[\s\S]*no name of a credential helper/,
    );
  });
});
