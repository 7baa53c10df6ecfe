import { spawn } from 'node:child_process';
import { withTimeout } from '../base/abort.ts';
import { readConfig, type DockerHome } from './configFile.ts';
import type { RegistryAuth, Waiting } from './engine.ts';
import { parseJson } from './connection.ts';
import { record, text, type RawRecord } from './records/facts.ts';

/** Credentials for a registry host such as `localhost:7050` or `docker.io`; `undefined`: none are known. */
export type CredentialSource = (host: string, options?: Waiting) => Promise<RegistryAuth | undefined>;

export interface CredentialOptions {
  /** Whether programs named by the configuration may be run: only in a trusted workspace. */
  readonly helpers: boolean;
  /** Told when a helper fails; the registry is then asked without credentials. */
  readonly onProblem: (message: string) => void;
}

/** The key of Docker Hub in `auths`, older than the host names of today. */
const hubKey = 'https://index.docker.io/v1/';
const hubHosts = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);
const longestReply = 256 * 1024;
const helperMs = 30_000;

/** Credentials out of Docker's `config.json`: `credHelpers`, then `credsStore`, then `auths`. */
export function dockerCredentials(at: DockerHome, options: CredentialOptions): CredentialSource {
  return async (host, { signal } = {}) => {
    const config = await readConfig(at);
    const key = hubHosts.has(host) ? hubKey : host;
    const helper = text(record(config['credHelpers'])[key]) ?? text(config['credsStore']);
    if (helper !== undefined && options.helpers) {
      const told = await askHelper(helper, key, at, options, signal);
      if (told !== undefined) return told;
    }
    return storedCredentials(config, key);
  };
}

/** What `auths` holds for a key; keys of people carry schemes and paths, such as `https://ghcr.io/v2/`. */
export function storedCredentials(config: RawRecord, key: string): RegistryAuth | undefined {
  const wanted = bareHost(key);
  const entries = Object.entries(record(config['auths']));
  const found = entries.find(([name]) => name === key) ?? entries.find(([name]) => bareHost(name) === wanted);
  if (found === undefined) return undefined;
  const entry = record(found[1]);
  const [username, password] = splitAuth(text(entry['auth']) ?? '');
  const identityToken = text(entry['identitytoken']);
  if (identityToken !== undefined) return { server: key, username, password, identityToken };
  return username === '' ? undefined : { server: key, username, password };
}

function splitAuth(encoded: string): [string, string] {
  const plain = Buffer.from(encoded, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = plain.indexOf(':');
  return colon < 0 ? ['', ''] : [plain.slice(0, colon), plain.slice(colon + 1)];
}

function bareHost(key: string): string {
  const host = key.replace(/^https?:\/\//, '').split('/')[0] ?? key;
  return hubHosts.has(host) ? 'docker.io' : host;
}

async function askHelper(
  helper: string,
  key: string,
  at: DockerHome,
  { onProblem }: CredentialOptions,
  signal: AbortSignal | undefined,
): Promise<RegistryAuth | undefined> {
  // It becomes part of a program's name: no folders, no options.
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(helper)) {
    onProblem(`"${helper}" in Docker's config.json is no name of a credential helper.`);
    return undefined;
  }
  const program = `docker-credential-${helper}`;
  try {
    const { code, output } = await runHelper(program, key, at.env, signal);
    if (code === 0) return readReply(output, key);
    if (!/credentials not found/i.test(output)) onProblem(`${program} failed for ${key}: ${output.trim()}`);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    onProblem(
      `${program}, which Docker's config.json names for ${key}, cannot be run (${(error as Error).message}). Install it or remove it from config.json.`,
    );
    return undefined;
  }
}

function readReply(output: string, key: string): RegistryAuth | undefined {
  const reply = record(parseJson(output.trim()));
  const username = text(reply['Username']);
  const secret = text(reply['Secret']);
  if (username === undefined || secret === undefined) return undefined;
  if (username === '<token>') return { server: key, username: '', password: '', identityToken: secret };
  return { server: key, username, password: secret };
}

function runHelper(
  program: string,
  key: string,
  env: DockerHome['env'],
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...env },
      windowsHide: true,
      // Not spawn's own limit: where the program is missing, that one keeps the process alive until it is over.
      signal: withTimeout(helperMs, signal),
    });
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      output = (output + chunk).slice(0, longestReply);
    });
    child.on('error', reject);
    // A helper that ends before it has read its input says so with its exit code.
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.end(key);
  });
}
