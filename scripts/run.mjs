// The one door of every npm script. It runs on whatever Node the machine has and needs nothing installed: it
// installs the project's dependencies when they are missing or changed, then goes on under the project's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const node = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** npm leaves a list of what it installed as the last thing it does, so a broken-off installation has none. */
function isInstalled() {
  const listing = join(modules, '.package-lock.json');
  if (!existsSync(node) || !existsSync(listing)) return false;
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const there = read(listing);
  return Object.entries(read(join(root, 'package-lock.json'))).every(
    ([path, wanted]) =>
      // What is optional is missing where it is for another platform.
      path === '' || there[path]?.version === wanted.version || (wanted.optional && !there[path]),
  );
}

function install() {
  if (isInstalled()) return;
  process.stderr.write('Installing the dependencies (a minute or two)\n');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status === 0 && existsSync(node)) return;
  process.stderr.write(
    'The dependencies could not be installed; npm says why above. See that the npm registry can be reached, then run this again.\n',
  );
  process.exit(done.status || 1);
}

function forwardTo(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // Between npm and here is a shell that keeps signals to itself: whoever ends npm ends the shell, and means this.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref();
  child.on('error', (error) => {
    process.stderr.write(`The task could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) =>
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]),
  );
}

const [task, ...args] = process.argv.slice(2);
const file = join(root, 'scripts', 'tasks', `${task}.ts`);
if (task === undefined || !/^[a-z-]+$/.test(task) || !existsSync(file)) {
  process.stderr.write('Which task? See the scripts of package.json.\n');
  process.exit(2);
}
install();
const path = [dirname(node), join(modules, '.bin'), process.env.PATH].join(delimiter);
forwardTo(
  spawn(node, [join(root, 'scripts', 'main.ts'), task, ...args], {
    env: { ...process.env, PATH: path },
    stdio: 'inherit',
  }),
);
