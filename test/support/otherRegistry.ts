import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { untilAnswering } from '../../src/control-plane/region/service.ts';
import type { RegistryAuth } from '../../src/docker/engine.ts';
import { freePort } from './distribution.ts';
import { aContainer, openTestEngine, testImages } from './engine.ts';

/** A registry that is somebody else's: CNCF Distribution on loopback, for one user with a password. */
export interface OtherRegistry {
  /** Host and port, as image references name it. */
  readonly host: string;
  readonly login: { readonly username: string; readonly password: string };
  readonly auth: RegistryAuth;
  close(): Promise<void>;
}

const login = { username: 'guest', password: 'open sesame' } as const;
/** What `htpasswd -B` makes of that password. */
const hash = '$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW';
const inside = '/etc/other';

export async function startOtherRegistry(): Promise<OtherRegistry> {
  const test = await openTestEngine();
  const folder = await mkdtemp(join(tmpdir(), 'patr-other-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    await test.close();
    await rm(folder, { recursive: true, force: true });
  };
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: '/tmp/blobs' } },
    http: { addr: ':5000' },
    auth: { htpasswd: { realm: 'Somebody else', path: `${inside}/users` } },
  };
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  await writeFile(join(folder, 'users'), `${login.username}:${hash}\n`);
  try {
    const made = await test.engine.createContainer(
      aContainer({
        name: `${test.prefix}-other`,
        labels: test.labels,
        image: testImages().registry,
        environment: ['OTEL_TRACES_EXPORTER=none'],
        entrypoint: ['/bin/registry'],
        command: ['serve', `${inside}/config.yml`],
        network: 'bridge',
        mounts: [{ kind: 'bind', source: folder, target: inside, readOnly: true }],
        ports: [{ hostAddress: '127.0.0.1', hostPort: port, containerPort: 5000, protocol: 'tcp' }],
      }),
    );
    if (typeof made === 'string') throw new Error(`The other registry could not be made: ${made}.`);
    const started = await test.engine.startContainer(made.id);
    if (started.kind !== 'started') throw new Error('The other registry could not be started.');
    const what = { engine: test.engine, id: made.id, name: 'The other registry', clock: systemClock };
    await untilAnswering((signal) => fetch(`http://${host}/`, { signal }), what);
  } catch (error) {
    await close();
    throw error;
  }
  return { host, login, auth: { server: host, ...login }, close };
}
