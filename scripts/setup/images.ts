import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installPackages, unpackPackages } from './debian.ts';
import { must, run } from './processes.ts';

/** Images that the local region, the sample and the tests are made of. */
export interface Images {
  readonly node: string;
  readonly registry: string;
  readonly edge: string;
  readonly busybox: string;
}

const published: Images = {
  node: 'node:24-slim',
  registry: 'registry:3',
  edge: 'haproxy:lts',
  busybox: 'busybox:stable-musl',
};

const offline: Images = {
  node: 'patr-offline/node:24',
  registry: 'patr-offline/registry:2',
  edge: 'patr-offline/edge:2',
  busybox: 'patr-offline/busybox:1',
};

const contentLabel = 'cloud.patr.offline-content';

/**
 * The public images where a registry can be reached, otherwise images built from scratch out of Debian's packages
 * and the Node that npm brought. `PATR_OFFLINE_IMAGES=1` skips the try. Says what it does through `say`.
 */
export async function ensureImages(say: (line: string) => void = () => {}): Promise<Images> {
  const skip = process.env['PATR_OFFLINE_IMAGES'] === '1';
  if (!skip && (await pullAll(say))) return published;
  say('No registry can be reached: building the base images out of Debian packages.');
  await buildBusybox(say);
  await buildNode(say);
  await buildProgram(
    offline.registry,
    'docker-registry',
    'docker-registry',
    '/bin/registry',
    registryEntry,
    say,
  );
  await buildProgram(offline.edge, 'haproxy', 'haproxy', '/usr/local/sbin/haproxy', edgeEntry, say);
  return offline;
}

const registryEntry = ['ENTRYPOINT ["/bin/registry"]', 'CMD ["serve", "/etc/distribution/config.yml"]'];
const edgeEntry = [
  'ENTRYPOINT []',
  'CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]',
  'USER 99:99',
];

async function pullAll(say: (line: string) => void): Promise<boolean> {
  for (const image of Object.values(published)) {
    if ((await run('docker', ['image', 'inspect', image])).code === 0) continue;
    say(`Pulling ${image}`);
    if ((await run('timeout', ['--signal=KILL', '300', 'docker', 'pull', '--quiet', image])).code !== 0)
      return false;
  }
  return true;
}

async function buildBusybox(say: (line: string) => void): Promise<void> {
  await installPackages(['busybox-static']);
  await build(offline.busybox, ['CMD ["sh"]'], say, async (root) => {
    await place('/bin/busybox', join(root, 'bin/busybox'));
    const applets = (await must('/bin/busybox', ['--list'])).trim().split('\n');
    for (const applet of applets) {
      if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
    }
  });
}

async function buildNode(say: (line: string) => void): Promise<void> {
  await installPackages(['busybox-static', 'ca-certificates']);
  await build(offline.node, ['ENV NODE_VERSION=24', 'CMD ["node"]'], say, async (root) => {
    await placeProgram(process.execPath, join(root, 'usr/local/bin/node'), root);
    await place('/etc/ssl/certs/ca-certificates.crt', join(root, 'etc/ssl/certs/ca-certificates.crt'));
    await place('/bin/busybox', join(root, 'bin/busybox'));
    await symlink('busybox', join(root, 'bin/sh'));
  });
}

async function buildProgram(
  image: string,
  packageName: string,
  program: string,
  target: string,
  entry: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  // Installed, so that its libraries are there to be copied too; its service is not started by us.
  const unpacked = await unpackPackages([packageName]);
  await installLibraries(packageName);
  await build(image, entry, say, async (root) => {
    const found = (await must('find', [unpacked, '-type', 'f', '-path', `*bin/${program}`, '-perm', '-u+x']))
      .trim()
      .split('\n')[0];
    if (found === undefined || found === '')
      throw new Error(`The package ${packageName} has no program ${program}.`);
    await placeProgram(found, join(root, target), root);
    await place('/etc/ssl/certs/ca-certificates.crt', join(root, 'etc/ssl/certs/ca-certificates.crt'));
  });
  await rm(dirname(unpacked), { recursive: true, force: true });
}

/** Installs what a package depends on, but not the package itself, whose service would start. */
async function installLibraries(packageName: string): Promise<void> {
  const listing = await must('apt-cache', [
    'depends',
    '--no-recommends',
    '--no-suggests',
    '--no-conflicts',
    '--no-breaks',
    '--no-replaces',
    '--no-enhances',
    packageName,
  ]);
  const names = [...listing.matchAll(/Depends: ([a-z0-9][a-z0-9+.-]*)$/gm)].map((match) => match[1] ?? '');
  await installPackages([...new Set([...names, 'ca-certificates'])].filter((name) => /^lib|^ca-/.test(name)));
}

async function build(
  image: string,
  instructions: readonly string[],
  say: (line: string) => void,
  fill: (root: string) => Promise<void>,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'patr-image-'));
  try {
    const root = join(context, 'root');
    await baseTree(root);
    await fill(root);
    const content = await contentKey(root, instructions);
    if ((await labelOf(image)) === content) return;
    say(`Building ${image}`);
    const lines = [
      'FROM scratch',
      'COPY root/ /',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...instructions,
    ];
    await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
    await must('docker', [
      'build',
      '--quiet',
      '--label',
      `${contentLabel}=${content}`,
      '--tag',
      image,
      context,
    ]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function baseTree(root: string): Promise<void> {
  for (const folder of ['bin', 'etc', 'tmp', 'run', 'var/lib', 'var/run', 'usr/local/bin', 'usr/local/etc']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nhaproxy:x:99:99::/:/bin/false\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\nnogroup:x:65534:\nhaproxy:x:99:\n');
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

/** Copies a program and every library that the loader would give it. */
async function placeProgram(source: string, target: string, root: string): Promise<void> {
  await place(source, target);
  const { stdout } = await run('ldd', [source]);
  for (const match of stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)) {
    const library = match[1] ?? '';
    await place(library, join(root, library));
  }
}

async function place(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(await realpath(source), target);
}

async function contentKey(root: string, instructions: readonly string[]): Promise<string> {
  const listing = await must(
    'sh',
    ['-c', 'find . -type f -print0 | sort -z | xargs -0 sha256sum; find . -type l | sort'],
    { cwd: root },
  );
  return createHash('sha256').update(listing).update(instructions.join('\n')).digest('hex').slice(0, 16);
}

async function labelOf(image: string): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${contentLabel}"}}`;
  const { code, stdout } = await run('docker', ['image', 'inspect', '--format', format, image]);
  return code === 0 ? stdout.trim() : undefined;
}

if (import.meta.main) {
  const images = await ensureImages((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(images)}\n`);
}
