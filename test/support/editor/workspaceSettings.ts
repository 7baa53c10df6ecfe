import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives a workspace these settings and no others; an editor that has it open takes them up by itself. */
export async function writeSettings(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await mkdir(join(folder, '.vscode'), { recursive: true });
  await writeFile(join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
}
