import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { root } from '../../../scripts/build/folders.ts';

/** Keeps a picture for people to look at, in a folder that is not part of the repository. Returns its path. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = join(root, 'out', 'screenshots');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  return path;
}

/** Keeps a picture of the editor when a test of the suite fails: what was on the screen says more than what was not. */
export function pictureFailures(page: () => Page | undefined): void {
  afterEach(async function () {
    const { state, title } = this.currentTest ?? {};
    const open = page();
    if (state !== 'failed' || title === undefined || open === undefined) return;
    const path = await screenshot(open, `failed-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`);
    console.error(`A picture of it: ${path}`);
  });
}
