import { nameProblem, nameTaken } from '../../deploy/check.ts';
import { JourneyError } from '../../deploy/errors.ts';
import type { ImageChoice } from '../../deploy/existingImage.ts';
import type { Target } from '../../deploy/target.ts';
import { parseReference } from '../../image/reference.ts';
import type { ImageCheck } from '../../protocol/shapes/registry.ts';
import { back, type Prompts } from '../prompts.ts';
import { suggestedName } from './suggestedName.ts';

type Image = Pick<ImageChoice, 'registry' | 'imageName' | 'imageTag'>;
type Found = Extract<ImageCheck, { outcome: 'found' }>;
interface Login {
  readonly username: string;
  readonly password: string;
}

/** Which image, as for `docker pull`. Undefined: given up. */
export async function askForImage(prompts: Prompts): Promise<Image | undefined> {
  const answer = await prompts.input({
    title: 'Deploy an image',
    placeholder:
      'Write it as for docker pull: nginx:1.27, ghcr.io/owner/web:v3. What is pushed there later is not rolled out by itself.',
    value: '',
    check: (text) => (imageFrom(text) === undefined ? imageProblem(text) : undefined),
  });
  return answer === undefined || answer === back ? undefined : imageFrom(answer);
}

/** `latest` where no tag is written; a digest instead of a tag is no tag to follow. */
export function imageFrom(text: string): Image | undefined {
  const reference = parseReference(text.trim());
  if (reference === undefined || reference.digest !== undefined) return undefined;
  const { registry, repository: imageName, tag: imageTag = 'latest' } = reference;
  return { registry, imageName, imageTag };
}

function imageProblem(text: string): string {
  return text.includes('@')
    ? 'A deployment follows a tag: write the image with a tag instead of a digest.'
    : 'This is no image. Write it as for docker pull, such as ghcr.io/owner/web:v3.';
}

/**
 * Looks for the image. Where its registry gives it out to some only, the person signs in; what was good is kept for the
 * workspace. Undefined: given up. @throws JourneyError with the registry's answer.
 */
export async function findImage(target: Target, image: Image, prompts: Prompts): Promise<Found | undefined> {
  const { api, workspaceId } = target;
  let login: Login | undefined;
  for (;;) {
    const check = await look(target, image, login, prompts);
    if (check.outcome === 'found') {
      const { registry } = image;
      if (login !== undefined) {
        await api.saveRegistry({ params: { workspaceId }, body: { registry, ...login } });
      }
      return check;
    }
    if (check.outcome !== 'denied') throw new JourneyError(check.message, ['retry']);
    login = await askForLogin(image, check.message, login, prompts);
    if (login === undefined) return undefined;
  }
}

function look(
  { api, workspaceId }: Target,
  image: Image,
  login: Login | undefined,
  prompts: Prompts,
): Promise<ImageCheck> {
  const credentials = login === undefined ? {} : { credentials: login };
  return prompts.progress(`Looking for ${image.imageName}:${image.imageTag}`, (_, signal) =>
    api.checkImage({ params: { workspaceId }, body: { ...image, ...credentials } }, { signal }),
  );
}

async function askForLogin(
  { registry }: Image,
  why: string,
  before: Login | undefined,
  prompts: Prompts,
): Promise<Login | undefined> {
  const title = `Sign in to ${registry}`;
  const username = await prompts.input({
    title,
    placeholder: `${why} User name?`,
    value: before?.username ?? '',
    check: (text) => {
      if (text.trim() === '') return 'A user name is needed.';
      return text.includes(':') ? 'A user name has no colon.' : undefined;
    },
  });
  if (username === undefined || username === back) return undefined;
  const password = await prompts.input({
    title,
    placeholder: `Password or access token of ${username}. It is kept sealed, and never shown again.`,
    value: '',
    password: true,
    check: (text) => (text === '' ? 'A password is needed.' : undefined),
  });
  return password === undefined || password === back ? undefined : { username, password };
}

/** Ports that take HTTP: asked for unless the image exposes exactly one. Undefined: given up. */
export async function askForPorts(
  { ports }: Pick<Found, 'ports'>,
  prompts: Prompts,
): Promise<readonly number[] | undefined> {
  const exposed = Object.keys(ports).filter((port) => ports[port] === 'http');
  if (exposed.length === 1) return exposed.map(Number);
  if (exposed.length === 0) return askForPort(prompts);
  const items = exposed.map((label) => ({ label, description: 'exposed by the image', picked: true }));
  const chosen = await prompts.pickMany(items, {
    title: 'Ports of the application',
    placeholder: 'Which of them take HTTP requests?',
  });
  return chosen === undefined || chosen.length === 0 ? undefined : chosen.map(({ label }) => Number(label));
}

async function askForPort(prompts: Prompts): Promise<readonly number[] | undefined> {
  const port = await prompts.input({
    title: 'Port of the application',
    placeholder: 'The image exposes no port. Which one does the application take HTTP requests on?',
    value: '8080',
    check: (text) => (isPort(text) ? undefined : 'A port is a number from 1 to 65535.'),
  });
  return port === undefined || port === back ? undefined : [Number(port)];
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text.trim()) && Number(text) <= 65_535;
}

/** Undefined: given up. */
export async function askForName(
  target: Target,
  { imageName }: Image,
  taken: readonly string[],
  prompts: Prompts,
): Promise<string | undefined> {
  const name = await prompts.input({
    title: 'Name of the deployment',
    placeholder: 'It becomes part of the address.',
    value: suggestedName(imageName, taken),
    check: async (text) =>
      nameProblem(text) ??
      ((await nameTaken(target, text)) ? `There is already a deployment called ${text.trim()}.` : undefined),
  });
  return name === undefined || name === back ? undefined : name;
}
