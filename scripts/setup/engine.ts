import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { canInstall, installPackages } from './debian.ts';
import { cacheFolder } from './folders.ts';
import { run } from './processes.ts';
import { SetupError } from './setupError.ts';

type Answer =
  | { readonly kind: 'answers'; readonly version: string }
  | { readonly kind: 'silent'; readonly why: string };

/**
 * Makes sure that a Docker engine answers, installing and starting one where that may be done; none is ever stopped.
 * Returns its version. @throws with what the person has to do.
 */
export async function ensureEngine(say: (line: string) => void = () => {}): Promise<string> {
  const first = await ask();
  if (first.kind === 'answers') return first.version;
  if (!(await mayInstall())) throw new SetupError(adviceFor(first.why));
  say('No Docker engine answers: installing docker.io');
  await installPackages(['docker.io', 'iptables']);
  // The package's own service may have started it.
  const second = await ask();
  return second.kind === 'answers' ? second.version : startDaemon(say);
}

async function ask(): Promise<Answer> {
  const asked = run('docker', ['version', '--format', '{{.Server.Version}}']);
  const { code, stdout, stderr } = await asked.catch(() => ({
    code: 1,
    stdout: '',
    stderr: 'there is no docker command',
  }));
  const version = stdout.trim();
  return code === 0 && version !== '' ? { kind: 'answers', version } : { kind: 'silent', why: stderr.trim() };
}

/** An engine that somebody chose and that is away is not to be replaced by another. */
async function mayInstall(): Promise<boolean> {
  if (process.env['DOCKER_HOST'] !== undefined || !(await canInstall())) return false;
  const context = await run('docker', ['context', 'show']).catch(() => undefined);
  return context === undefined || context.code !== 0 || context.stdout.trim() === 'default';
}

function adviceFor(why: string): string {
  const lines = [
    `No Docker engine answers: ${why}`,
    'Start Docker Desktop, or install Docker (https://docs.docker.com/engine/install/); on Linux your user must be',
    'in the group `docker`. When `docker info` works, run this again.',
  ];
  return lines.join('\n');
}

/** Starts dockerd as a process of its own that outlives this one. @throws with its last words when it ends or stays silent. */
async function startDaemon(say: (line: string) => void): Promise<string> {
  await mkdir(cacheFolder(), { recursive: true });
  const logFile = join(cacheFolder(), 'dockerd.log');
  say(`Starting the Docker engine; its log is ${logFile}`);
  const log = await open(logFile, 'a');
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/' });
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  child.unref();
  await log.close();
  const deadline = Date.now() + 60_000;
  while (!ended && Date.now() < deadline) {
    const answer = await ask();
    if (answer.kind === 'answers') return answer.version;
    await wait(250);
  }
  const words = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-10).join('\n');
  throw new SetupError(`The Docker engine did not start. Its last words:\n${words}`);
}

if (import.meta.main)
  process.stdout.write(`${await ensureEngine((line) => process.stderr.write(`${line}\n`))}\n`);
