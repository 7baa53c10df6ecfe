import { chromium, type Browser } from 'playwright-core';
import { ensureBrowser } from '../../../scripts/setup/browser.ts';

/** Headless Chromium with everything off that would call home. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureBrowser(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
