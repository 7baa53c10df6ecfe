import { canInstall } from './debian.ts';
import { buildOfflineImages, offline } from './offlineImages.ts';
import { run } from './processes.ts';
import { SetupError } from './setupError.ts';

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

/** A registry that says nothing for this long is not reachable; one that answers may take its time. */
const [silenceMs, wholeMs] = [20_000, 300_000];

/**
 * The public images where a registry can be reached, otherwise images built out of Debian's packages and the Node
 * that npm brought; what is there already is taken as it is. `PATR_OFFLINE_IMAGES=1` leaves out the try.
 * @throws when neither way is open, with what the engine said.
 */
export async function ensureImages(say: (line: string) => void = () => {}): Promise<Images> {
  const obstacle =
    process.env['PATR_OFFLINE_IMAGES'] === '1' ? 'PATR_OFFLINE_IMAGES is set' : await pullAll(say);
  if (obstacle === undefined) return published;
  if (!(await canInstall())) {
    throw new SetupError(
      `The base images could not be pulled (${obstacle}), and they can be built without a registry only on Debian as root. See that \`docker pull ${published.node}\` works, then run this again.`,
    );
  }
  await buildOfflineImages(say);
  return offline;
}

/** Returns why not all of them are there, or nothing. */
async function pullAll(say: (line: string) => void): Promise<string | undefined> {
  for (const image of Object.values(published)) {
    if ((await run('docker', ['image', 'inspect', image])).code === 0) continue;
    const obstacle = await pull(image, say);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

async function pull(image: string, say: (line: string) => void): Promise<string | undefined> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceMs);
  let said = false;
  const signal = AbortSignal.any([silence.signal, AbortSignal.timeout(wholeMs)]);
  const onOutput = (text: string): void => {
    clearTimeout(timer);
    if (!said && text.includes('Pulling from')) {
      said = true;
      say(`Pulling ${image}`);
    }
  };
  try {
    const { code, stderr } = await run('docker', ['pull', image], { signal, onOutput });
    return code === 0 ? undefined : stderr.trim();
  } catch (error) {
    if (signal.aborted) return `no answer while pulling ${image}`;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

if (import.meta.main) {
  const images = await ensureImages((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(images)}\n`);
}
