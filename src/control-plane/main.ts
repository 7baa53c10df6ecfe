import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import { describeError, lineLog, type Log } from '../base/log.ts';
import { parseAddress } from '../docker/address.ts';
import type { Engine } from '../docker/engine.ts';
import { openEngine } from '../docker/entry.ts';
import { toWireUuid } from '../protocol/wire.ts';
import { assemble } from './assemble.ts';
import { TokenFileError } from './auth/tokenFile.ts';
import { lockRegion, lockState, RegionInUseError, StateInUseError } from './lock.ts';
import { OptionsError, parseOptions, usage, type Options } from './options.ts';
import { KeysFileError } from './secrets/sealingKeys.ts';
import { listen, ListenError } from './server.ts';
import { DatabaseTooNewError } from './state/database.ts';
import { makeStateDir } from './state/open.ts';
import { version } from './version.ts';

/** How long `ready` waits for the region, in milliseconds; the API answers all the while. */
const startPatienceMs = 10_000;

/** Refusals that are told in a sentence; everything else is a defect and shows its stack. */
const expected = [
  OptionsError,
  StateInUseError,
  RegionInUseError,
  TokenFileError,
  KeysFileError,
  ListenError,
  DatabaseTooNewError,
];

async function run(given: Options, log: Log): Promise<void> {
  const options = { ...given, stateDir: resolve(given.stateDir), tokenFile: resolve(given.tokenFile) };
  await makeStateDir(options.stateDir);
  const locks = new DisposableStore();
  locks.add(lockState(options.stateDir));
  locks.add(await lockRegion(options.name));
  const ids = () => toWireUuid(randomUUID());
  const engine = engineAt(options.engine);
  const clock = systemClock;
  const controlPlane = await assemble({ options, version, engine, clock, ids, log, chance: Math.random });
  const server = await listen((request, env) => controlPlane.app.fetch(request, env), options, log);
  const url = `http://${options.host}:${server.port}`;
  const asked = stopAsked();
  const starting = controlPlane.start(server.port);
  // An engine that is slow, or an image that is pulled, does not keep the API from answering.
  await Promise.race([starting, asked, clock.sleep(startPatienceMs)]);
  await writeEndpoint(options.stateDir, { url, version });
  process.stdout.write(`${JSON.stringify({ ready: true, url, version })}\n`);
  log.info('The control plane answers', { url, version });

  const name = await asked;
  log.info('Stopping', { signal: name });
  controlPlane.drain();
  await server.close();
  await controlPlane.stop();
  await starting;
  engine.dispose();
  locks.dispose();
  log.info('Stopped; deployments go on serving');
}

function engineAt(text: string): Engine {
  const address = parseAddress(text);
  if (address !== undefined) return openEngine(address);
  throw new OptionsError(`--engine must be an address such as unix:///var/run/docker.sock, not ${text}.`);
}

/** Tells other programs of this machine where the control plane answers; never seen half written. */
async function writeEndpoint(stateDir: string, endpoint: { url: string; version: string }): Promise<void> {
  const path = join(stateDir, 'endpoint.json');
  await writeFile(`${path}.new`, `${JSON.stringify(endpoint)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function stopAsked(): Promise<NodeJS.Signals> {
  const { promise, resolve: stop } = Promise.withResolvers<NodeJS.Signals>();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  return promise;
}

async function main(argv: readonly string[]): Promise<number> {
  const log = lineLog(
    (line) => process.stderr.write(`${line}\n`),
    () => new Date(),
  );
  if (argv.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    await run(parseOptions(argv), log);
    return 0;
  } catch (error) {
    const known = expected.some((kind) => error instanceof kind);
    process.stderr.write(`${known ? describeError(error) : errorWithStack(error)}\n`);
    return 1;
  }
}

function errorWithStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.exit(await main(process.argv.slice(2)));
