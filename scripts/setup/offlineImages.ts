import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { candidates, installLibrariesOf, installPackages, withUnpacked } from './debian.ts';
import { placeBase, placeBusybox, placeCertificates, placeProgram } from './imageTree.ts';
import { must, run } from './processes.ts';
import { SetupError } from './setupError.ts';

/** Images without a registry: built from scratch, used as their published namesakes are. */
export const offline = {
  node: 'patr-offline/node:24',
  registry: 'patr-offline/registry:2',
  edge: 'patr-offline/edge:2',
  busybox: 'patr-offline/busybox:1',
};

interface Recipe {
  readonly image: string;
  /** Debian packages whose new versions make the image outdated. */
  readonly packages: readonly string[];
  readonly instructions: readonly string[];
  fill(root: string): Promise<void>;
}

const recipes: readonly Recipe[] = [
  {
    image: offline.busybox,
    packages: ['busybox-static'],
    instructions: ['CMD ["sh"]'],
    async fill(root) {
      await installPackages(['busybox-static']);
      await placeBusybox(root, 'all');
    },
  },
  {
    image: offline.node,
    packages: ['busybox-static', 'ca-certificates'],
    instructions: [`ENV NODE_VERSION=${process.versions.node}`, 'CMD ["node"]'],
    async fill(root) {
      await installPackages(['busybox-static', 'ca-certificates']);
      await placeProgram(process.execPath, 'usr/local/bin/node', root);
      await placeCertificates(root);
      await placeBusybox(root, 'shell');
    },
  },
  {
    image: offline.registry,
    packages: ['docker-registry', 'ca-certificates'],
    instructions: ['ENTRYPOINT ["/bin/registry"]', 'CMD ["serve", "/etc/distribution/config.yml"]'],
    fill: (root) => fillFromPackage('docker-registry', 'docker-registry', 'bin/registry', root),
  },
  {
    image: offline.edge,
    packages: ['haproxy', 'ca-certificates'],
    instructions: ['USER 99:99', 'CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]'],
    fill: (root) => fillFromPackage('haproxy', 'haproxy', 'usr/local/sbin/haproxy', root),
  },
];

const keyLabel = 'cloud.patr.offline-key';

/** Builds those that are missing or outdated. Some ten seconds the first time, nothing to speak of later. */
export async function buildOfflineImages(say: (line: string) => void): Promise<void> {
  const versions = await candidates([...new Set(recipes.flatMap(({ packages }) => packages))]);
  const outdated: { recipe: Recipe; key: string }[] = [];
  for (const recipe of recipes) {
    const key = keyOf(recipe, versions);
    if ((await keyLabelOf(recipe.image)) !== key) outdated.push({ recipe, key });
  }
  if (outdated.length > 0) say('No registry can be reached: building the base images out of Debian packages');
  for (const { recipe, key } of outdated) {
    say(`Building ${recipe.image}`);
    await build(recipe, key);
  }
}

function keyOf(recipe: Recipe, versions: ReadonlyMap<string, string>): string {
  const parts = [
    // How the tree is made; goes up when imageTree.ts makes it otherwise.
    'tree 1',
    process.versions.node,
    ...recipe.instructions,
    ...recipe.packages.map((name) => `${name} ${versions.get(name)}`),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

async function keyLabelOf(image: string): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${keyLabel}"}}`;
  const { code, stdout } = await run('docker', ['image', 'inspect', '--format', format, image]);
  return code === 0 ? stdout.trim() : undefined;
}

async function build(recipe: Recipe, key: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'patr-image-'));
  try {
    await placeBase(join(context, 'root'));
    await recipe.fill(join(context, 'root'));
    const lines = [
      'FROM scratch',
      'COPY root/ /',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...recipe.instructions,
    ];
    await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
    const label = `${keyLabel}=${key}`;
    await must('docker', ['build', '--quiet', '--label', label, '--tag', recipe.image, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** The program out of a package that is not installed, because its service would start with it. */
async function fillFromPackage(name: string, program: string, target: string, root: string): Promise<void> {
  await installPackages(['ca-certificates']);
  await installLibrariesOf(name);
  await withUnpacked([name], async (unpacked) => {
    const listing = await must('find', [unpacked, '-type', 'f', '-path', `*bin/${program}`]);
    const [found] = listing.split('\n');
    if (found === undefined || found === '')
      throw new SetupError(`The package ${name} has no program ${program}.`);
    await placeProgram(found, target, root);
    await placeCertificates(root);
  });
}
