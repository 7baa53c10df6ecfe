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
