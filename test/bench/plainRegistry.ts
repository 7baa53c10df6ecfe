import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../scripts/setup/processes.ts';
import { freePort } from '../support/editor/freePort.ts';

/** A registry as one starts it by hand: no tokens, no notifications, a published port. */
export interface PlainRegistry {
  /** Host and port. */
  readonly host: string;
  stop(): Promise<void>;
}

export async function startPlainRegistry(image: string): Promise<PlainRegistry> {
  const port = await freePort();
  const name = `patr-bench-registry-${process.pid}-${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'patr-bench-registry-'));
  const config = join(folder, 'config.yml');
  const settings = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: '/tmp' } },
    http: { addr: ':5000' },
  };
  await writeFile(config, JSON.stringify(settings));
  const publish = `127.0.0.1:${port}:5000`;
  const options = ['--detach', '--name', name, '--publish', publish, '--volume', `${config}:/config.yml:ro`];
  await must('docker', ['run', ...options, '--entrypoint', '/bin/registry', image, 'serve', '/config.yml']);
  return {
    host: `127.0.0.1:${port}`,
    async stop() {
      await must('docker', ['rm', '--force', '--volumes', name]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
