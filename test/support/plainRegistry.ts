import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { registryProgram } from '../../scripts/setup/registryProgram.ts';
import { freePort } from './distribution.ts';

/** A CNCF registry on loopback that lets everybody in, as a process of its own with a folder of its own. */
export interface PlainRegistry {
  /** Host and port, as image references name it. */
  readonly host: string;
  close(): Promise<void>;
}

export async function startPlainRegistry(): Promise<PlainRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'patr-registry-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'blobs') }, delete: { enabled: true } },
    http: { addr: host },
  };
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none' };
  const child = spawn(registryProgram, ['serve', join(folder, 'config.yml')], { stdio: 'ignore', env });
  const ended = once(child, 'close');
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  while (!(await answers(host))) {
    if (child.exitCode !== null) {
      await close();
      throw new Error(`The registry ended with code ${child.exitCode}.`);
    }
    await pause(20);
  }
  return { host, close };
}

async function answers(host: string): Promise<boolean> {
  try {
    return (await fetch(`http://${host}/v2/`)).ok;
  } catch {
    return false;
  }
}
