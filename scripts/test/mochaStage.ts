import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../build/folders.ts';
import { SetupError } from '../setup/setupError.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export interface MochaStage {
  readonly name: string;
  /** Glob of its files, from the repository's folder. */
  readonly files: string;
  /** A test that takes longer is hung. */
  readonly timeoutMs: number;
  /** Only tests whose title matches. */
  readonly filter: string | undefined;
  /** Ends the run; hooks that clean up still have their turn. */
  readonly signal: AbortSignal;
}

/** After its last test a process may take this long to close what is open. */
const leakLimitMs = 30_000;

/**
 * Runs mocha over a stage's files in a process of its own and counts what it reports. Skipped tests count as failed:
 * a test that does not run proves nothing.
 */
export async function runMocha(stage: MochaStage): Promise<Counts> {
  const files = (await Array.fromAsync(glob(stage.files, { cwd: root }))).toSorted();
  if (files.length === 0) throw new SetupError(`No test file matches ${stage.files}.`);
  const args = [
    join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'),
    '--reporter',
    join(root, 'scripts', 'test', 'countingReporter.cjs'),
    '--timeout',
    String(stage.timeoutMs),
    '--forbid-only',
    ...(stage.filter === undefined ? [] : ['--grep', stage.filter]),
    ...files,
  ];
  // In a group of its own: Ctrl-C reaches it once, through the signal, because a second one would not let it clean up.
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  stage.signal.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  let counts: Counts | undefined;
  let leaking: NodeJS.Timeout | undefined;
  child.on('message', (message) => {
    counts = message as Counts;
    leaking = setTimeout(() => {
      process.stdout.write(`${stage.name}: every test has ended, but something that one began goes on.\n`);
      child.kill('SIGKILL');
    }, leakLimitMs);
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  }).finally(() => clearTimeout(leaking));
  if (counts === undefined) return { passed: 0, failed: 1 };
  // A process that fails after its last test (a leak, a rejection nobody waited for) is a failure as well.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
