import { chmod, copyFile, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { must, run } from './processes.ts';

const folders = ['bin', 'etc', 'tmp', 'run', 'var/lib', 'usr/local/bin', 'usr/local/etc'];
const users =
  'root:x:0:0:root:/:/bin/sh\nhaproxy:x:99:99::/:/bin/false\nnode:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n';
const groups = 'root:x:0:\nhaproxy:x:99:\nnode:x:1000:\nnogroup:x:65534:\n';

/** The folders and files that programs take for granted, under `root`. */
export async function placeBase(root: string): Promise<void> {
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(join(root, 'etc/passwd'), users);
  await writeFile(join(root, 'etc/group'), groups);
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

export async function place(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(await realpath(source), target);
}

/** Copies a program to `target` under `root`, and every library that the loader would give it to its own place. */
export async function placeProgram(source: string, target: string, root: string): Promise<void> {
  await place(source, join(root, target));
  // A static program has none, which ldd says with a failure.
  const { stdout } = await run('ldd', [source]);
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) {
    await place(library, join(root, library));
  }
}

export async function placeCertificates(root: string): Promise<void> {
  const file = 'etc/ssl/certs/ca-certificates.crt';
  await place(join('/', file), join(root, file));
}

/** The static busybox under all of its names, or as the shell alone. */
export async function placeBusybox(root: string, names: 'all' | 'shell'): Promise<void> {
  await place('/bin/busybox', join(root, 'bin/busybox'));
  const applets = names === 'shell' ? ['sh'] : (await must('/bin/busybox', ['--list'])).trim().split('\n');
  for (const applet of applets) {
    if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
  }
}
