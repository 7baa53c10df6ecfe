import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from '../../scripts/setup/debian.ts';
import { must } from '../../scripts/setup/processes.ts';
import { startLoad, type LoadKind } from '../support/edge/load.ts';
import { upstreamContext } from '../support/edge/upstreamImage.ts';
import { ask } from '../support/addressLoad.ts';
import { systemClock } from '../../src/base/clock.ts';
import { freePort } from '../support/editor/freePort.ts';
import { totalOf, type LoadTotal } from './loadTotal.ts';

/** A published port has neither TLS nor HTTP/2. */
const kinds: readonly LoadKind[] = ['get', 'post', 'slow', 'stream', 'webSocket'];

/** The same application under the same load, with a new image and `docker-compose up -d` from Debian each time. */
export async function composeRollouts(base: string, rollouts: number, lastsMs: number): Promise<LoadTotal> {
  await installPackages(['docker-compose']);
  const name = `patr-bench-compose-${process.pid}`;
  const context = await upstreamContext();
  const [file, port] = [join(context.folder, 'compose.yml'), await freePort()];
  const images: string[] = [];
  const build = async (marker: string): Promise<string> => {
    const image = `${name}:${marker}`;
    await context.change(marker);
    await must('docker', ['build', '--quiet', '--build-arg', `BASE=${base}`, '--tag', image, context.folder]);
    images.push(image);
    return image;
  };
  const compose = (...args: readonly string[]) => must('docker-compose', ['-p', name, '-f', file, ...args]);
  const up = async (image: string): Promise<void> => {
    await writeFile(file, composeFile(image, port));
    await compose('up', '-d');
  };
  try {
    await up(await build('first'));
    await untilAnswered(port);
    const load = startLoad(
      { host: 'web.localhost', httpPort: port, httpsPort: 0, authority: '', lastsMs },
      kinds,
    );
    for (let count = 1; count <= rollouts; count += 1) {
      const image = await build(`release-${count}`);
      await load.progress(1);
      await up(image);
      await untilAnswered(port);
    }
    await load.progress(1);
    return totalOf(await load.stop());
  } finally {
    await compose('down');
    await must('docker', ['image', 'rm', '--force', ...images]);
    await context.close();
  }
}

function composeFile(image: string, port: number): string {
  const app = { image, ports: [`127.0.0.1:${port}:8080`] };
  // JSON is YAML as well.
  return JSON.stringify({ version: '3.3', services: { app } });
}

async function untilAnswered(port: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const answer = await ask(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer?.status === 200) return;
    await systemClock.sleep(20);
  }
  throw new Error('The application did not come back.');
}
