// The one door of every npm script. It runs on whatever Node the machine has and needs nothing installed: it
// installs the project's dependencies when they are missing or changed, then goes on under the project's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.patr-installed');
const node = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

function lockKey() {
  const text = readFileSync(join(root, 'package-lock.json')) + readFileSync(join(root, 'package.json'));
  return createHash('sha256').update(text).digest('hex');
}

function install() {
  const key = lockKey();
  if (existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === key) return;
  process.stderr.write('Installing dependencies\n');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // The host's Node is older than some development tools ask for; they run under the project's own.
  const done = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    process.stderr.write(
      'The dependencies could not be installed. npm said why above; then run this again.\n',
    );
    process.exit(done.status ?? 1);
  }
  writeFileSync(stamp, key);
}

const [task, ...args] = process.argv.slice(2);
if (task === undefined || !/^[a-z-]+$/.test(task)) {
  process.stderr.write('Which task? See the scripts of package.json.\n');
  process.exit(2);
}
install();
const env = {
  ...process.env,
  PATH: [dirname(node), join(modules, '.bin'), process.env.PATH].join(delimiter),
};
const child = spawn(node, [join(root, 'scripts', 'tasks', `${task}.ts`), ...args], { env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`The task could not be started: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
