import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { canInstall, installPackages } from './debian.ts';
import { cacheFolder } from './folders.ts';
import { run } from './processes.ts';

/** Makes sure that a Docker engine answers, installing and starting one where that may be done. Returns its version. */
export async function ensureEngine(say: (line: string) => void = () => {}): Promise<string> {
  const answering = await version();
  if (answering !== undefined) return answering;
  if (process.env['DOCKER_HOST'] !== undefined || !(await canInstall())) throw new Error(helpForPeople());
  say('No Docker engine answers: installing docker.io.');
  await installPackages(['docker.io', 'iptables']);
  const afterInstall = await version();
  if (afterInstall !== undefined) return afterInstall;
  return startDaemon(say);
}

function helpForPeople(): string {
  return [
    'No Docker engine answers, and it can be installed here neither as this user nor on this system.',
    'Start Docker Desktop, or install Docker (https://docs.docker.com/engine/install/), see that `docker info` works, and try again.',
  ].join(' ');
}

async function version(): Promise<string | undefined> {
  const asked = run('docker', ['version', '--format', '{{.Server.Version}}']);
  const { code, stdout } = await asked.catch(() => ({ code: 1, stdout: '' }));
  return code === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

/** Starts dockerd as a process of its own that outlives this one. @throws with its last words when it ends or stays silent. */
async function startDaemon(say: (line: string) => void): Promise<string> {
  const folder = cacheFolder();
  await mkdir(folder, { recursive: true });
  const logFile = join(folder, 'dockerd.log');
  say(`Starting the Docker engine; its log is ${logFile}`);
  const log = await open(logFile, 'a');
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log.fd, log.fd] });
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  child.unref();
  await log.close();
  const deadline = Date.now() + 60_000;
  while (!ended && Date.now() < deadline) {
    const answer = await version();
    if (answer !== undefined) return answer;
    await wait(250);
  }
  const words = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-10).join('\n');
  throw new Error(`The Docker engine did not start. Its last words:\n${words}`);
}

if (import.meta.main)
  process.stdout.write(`${await ensureEngine((line) => process.stderr.write(`${line}\n`))}\n`);
