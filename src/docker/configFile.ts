import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { record, type RawRecord } from './records/facts.ts';

/** Where the docker command line keeps its settings; arguments so that tests can bring their own. */
export interface DockerHome {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** This process's own. */
export function ownDockerHome(): DockerHome {
  return { env: process.env, home: homedir(), platform: process.platform };
}

/** The folder of `config.json` and of the contexts. */
export function configFolder({ env, home }: DockerHome): string {
  const named = env['DOCKER_CONFIG'];
  return named === undefined || named === '' ? join(home, '.docker') : named;
}

/** `config.json`; empty when there is none. @throws when it cannot be read or is no JSON, with its path. */
export async function readConfig(at: DockerHome): Promise<RawRecord> {
  return (await readJson(join(configFolder(at), 'config.json'))) ?? {};
}

/** `undefined`: there is no such file. */
export async function readJson(file: string): Promise<RawRecord | undefined> {
  const content = await readIfThere(file);
  if (content === undefined) return undefined;
  try {
    return record(JSON.parse(content));
  } catch (error) {
    throw new Error(`${file} cannot be read as JSON. Mend or remove it; the docker command needs it too.`, {
      cause: error,
    });
  }
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
