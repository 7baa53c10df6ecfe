import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../../scripts/setup/processes.ts';
import { placeProgram } from '../../../scripts/setup/imageTree.ts';

const app = join(import.meta.dirname, '../../fixtures/ports-app');

/** A build context of the application that answers on tcp and udp ports, with the Perl that every Debian has. */
export async function portsApp(): Promise<{ readonly folder: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'patr-ports-app-'));
  await cp(app, folder, { recursive: true });
  await placeProgram('/usr/bin/perl', 'usr/bin/perl', folder);
  const folders = await must('perl', ['-e', 'print join("\\n", grep { m{/perl-base$} } @INC)']);
  for (const library of folders.split('\n')) await cp(library, join(folder, library), { recursive: true });
  return { folder, close: () => rm(folder, { recursive: true, force: true }) };
}
