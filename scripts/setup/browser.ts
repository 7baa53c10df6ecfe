import { access } from 'node:fs/promises';
import { canInstall, installPackages } from './debian.ts';
import { SetupError } from './setupError.ts';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium that Playwright can drive; installed out of Debian's packages when none is there. */
export async function ensureBrowser(say: (line: string) => void = () => {}): Promise<string> {
  const wanted = process.env['PATR_BROWSER'];
  if (wanted !== undefined) return wanted;
  const found = await first(places);
  if (found !== undefined) return found;
  if (!(await canInstall())) {
    throw new SetupError(
      'No Chromium was found. Install one, or name it in the environment variable PATR_BROWSER.',
    );
  }
  say('Installing Chromium');
  await installPackages(['chromium', 'fonts-dejavu-core']);
  const installed = await first(places);
  if (installed === undefined)
    throw new SetupError('Chromium was installed, but its program is not where it should be.');
  return installed;
}

async function first(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}
