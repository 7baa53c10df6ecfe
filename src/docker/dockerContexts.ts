import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defaultNamedPipe,
  defaultUnixSocket,
  parseAddress,
  type EngineAddress,
  type TlsFiles,
} from './address.ts';
import { configFolder, readConfig, readIfThere, readJson, type DockerHome } from './configFile.ts';
import { present, record, text } from './records/facts.ts';

/** The engine that the docker command line would speak to. */
export type DockerContext =
  | { readonly kind: 'found'; readonly name: string; readonly address: EngineAddress }
  /** `message` says what is wrong with it and what to do. */
  | { readonly kind: 'broken'; readonly name: string; readonly message: string };

/** The selected context, by the same order as Docker's: DOCKER_HOST, DOCKER_CONTEXT, `currentContext`, default. */
export async function currentContext(at: DockerHome): Promise<DockerContext> {
  if (set(at.env['DOCKER_HOST']) !== undefined) return defaultContext(at);
  const fromEnvironment = set(at.env['DOCKER_CONTEXT']);
  if (fromEnvironment !== undefined) return namedContext(at, fromEnvironment);
  try {
    return await namedContext(at, text((await readConfig(at))['currentContext']) ?? 'default');
  } catch (error) {
    return { kind: 'broken', name: 'default', message: (error as Error).message };
  }
}

/** One context by name, as `docker context use` knows it. */
export async function namedContext(at: DockerHome, name: string): Promise<DockerContext> {
  if (name === 'default') return defaultContext(at);
  const folder = createHash('sha256').update(name).digest('hex');
  const contexts = join(configFolder(at), 'contexts');
  const meta = await readJson(join(contexts, 'meta', folder, 'meta.json'));
  if (meta === undefined) {
    return broken(
      name,
      `There is no Docker context "${name}". Select another one with \`docker context use\`.`,
    );
  }
  const endpoint = record(record(meta['Endpoints'])['docker']);
  const host = text(endpoint['Host']) ?? '';
  const tls = await readTls(join(contexts, 'tls', folder, 'docker'), endpoint['SkipTLSVerify'] === true);
  return described(name, host, tls, `The Docker context "${name}"`);
}

async function defaultContext(at: DockerHome): Promise<DockerContext> {
  const host = set(at.env['DOCKER_HOST']);
  if (host === undefined) {
    return { kind: 'found', name: 'default', address: await defaultAddress(at) };
  }
  // Docker takes TLS for wanted as soon as the variable has any value.
  const wanted = set(at.env['DOCKER_TLS_VERIFY']) !== undefined;
  const folder = set(at.env['DOCKER_CERT_PATH']) ?? configFolder(at);
  const encrypted = wanted || set(at.env['DOCKER_TLS']) !== undefined;
  const tls = encrypted ? ((await readTls(folder, !wanted)) ?? {}) : undefined;
  return described('default', host, tls, 'The variable DOCKER_HOST');
}

async function defaultAddress({ platform, home }: DockerHome): Promise<EngineAddress> {
  if (platform === 'win32') return { kind: 'npipe', path: defaultNamedPipe };
  // Docker Desktop for one user alone makes no socket for the whole machine.
  const own = join(home, '.docker', 'run', 'docker.sock');
  const path = !(await exists(defaultUnixSocket)) && (await exists(own)) ? own : defaultUnixSocket;
  return { kind: 'unix', path };
}

function described(name: string, host: string, tls: TlsFiles | undefined, whose: string): DockerContext {
  const address = parseAddress(host, tls);
  if (address !== undefined) return { kind: 'found', name, address };
  return broken(
    name,
    `${whose} says "${host}", which is no address of an engine. Use unix://, npipe://, tcp:// or ssh://.`,
  );
}

function broken(name: string, message: string): DockerContext {
  return { kind: 'broken', name, message };
}

async function readTls(folder: string, skipVerify: boolean): Promise<TlsFiles | undefined> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readIfThere(join(folder, file))),
  );
  if (ca === undefined && cert === undefined && key === undefined && !skipVerify) return undefined;
  return present({ ca, cert, key, skipVerify: skipVerify ? true : undefined });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
