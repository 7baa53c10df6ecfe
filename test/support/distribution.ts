import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Names that packagers give CNCF Distribution's program. */
const names = ['docker-registry', 'registry'];

/** Path of CNCF Distribution on this machine, if it is installed. */
export async function findDistribution(): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'];
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      const there = await access(path).then(
        () => true,
        () => false,
      );
      if (there) return path;
    }
  }
  return undefined;
}

export interface Distribution {
  readonly directory: string;
  stop(): Promise<void>;
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs the program with a configuration that is made for a directory of its own, until it answers. */
export async function runDistribution(
  program: string,
  port: number,
  configFor: (directory: string) => string,
): Promise<Distribution> {
  const directory = await mkdtemp(join(tmpdir(), 'patr-registry-'));
  const file = join(directory, 'config.yml');
  await writeFile(file, configFor(directory));
  const child = spawn(program, ['serve', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit');
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer !== undefined) break;
    if (child.exitCode !== null) throw new Error(`The registry ended: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    directory,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
