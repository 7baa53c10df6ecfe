import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { ask } from '../support/addressLoad.ts';

/** Gives the sample in a folder another greeting, and so another layer; resolves with what it answers then. */
export async function changeSample(folder: string): Promise<string> {
  const marker = randomBytes(6).toString('hex');
  const file = join(folder, 'server.js');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/const greeting = .*;/, `const greeting = 'Hello ${marker}';`));
  return marker;
}

/** Asks until the answer has the marker in it. @throws after a minute. */
export async function untilAnswered(url: string, marker: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const answer = await ask(url).catch(() => undefined);
    if (answer?.status === 200 && answer.body.includes(marker)) return;
    await systemClock.sleep(5);
  }
  throw new Error(`${url} did not answer with the new version.`);
}
