import { Uri } from 'vscode';
import { systemClock } from '../../base/clock.ts';
import { describeError } from '../../base/log.ts';
import { create } from '../../deploy/create.ts';
import { JourneyError } from '../../deploy/errors.ts';
import type { Choice, Details, Target } from '../../deploy/target.ts';
import type { CreateSubject, CreateWish, Submission } from '../../protocol/panelCreate.ts';
import { isProblem, problem, type FieldProblem } from '../../protocol/problems.ts';
import { patrRegistry, type ImageSource } from '../../protocol/shapes/deployment.ts';
import { sourceOf } from '../deploy/dockerfiles.ts';
import type { Journeys } from '../deploy/journeys.ts';
import type { DeploymentsModel } from '../model/deployments.ts';

export type Refused = Extract<Submission, { kind: 'refused' }>;

/** What the form asks for, as the journey knows it. */
export function choiceOf(wish: CreateWish): Choice {
  const { name, runner: regionId, image: _image, ...rest } = wish;
  const details: Details = rest;
  const http = Object.entries(wish.ports).filter(([, type]) => type === 'http');
  return { name, regionId, ports: http.map(([port]) => Number(port)), details };
}

/** Makes a deployment out of an image that there is. @throws the server's refusals, and its registry's. */
export async function createFromImage(
  target: Target,
  wish: CreateWish,
  note: (text: string) => void,
): Promise<string> {
  const image = imageOf(wish);
  await lookFor(target, image, wish.imageTag);
  return create(target, choiceOf(wish), image, { clock: systemClock, note });
}

/** An image of another registry is looked for before anything is made, where the server can. */
async function lookFor(
  { api, backend, workspaceId }: Target,
  image: ImageSource,
  imageTag: string,
): Promise<void> {
  if (!('imageName' in image) || !backend.offers('registries')) return;
  const { registry, imageName } = image;
  const check = await api.checkImage({ params: { workspaceId }, body: { registry, imageName, imageTag } });
  if (check.outcome === 'found') return;
  const { message } = check;
  const field = check.outcome === 'unreachable' ? 'registry' : 'imageName';
  throw problem('wrongParameters', { says: message, fields: [{ field, message }] });
}

/** Builds and pushes the Dockerfile and makes the deployment. Resolves when it is made. @throws why it is not. */
export async function createFromDockerfile(
  journeys: Pick<Journeys, 'deploy'>,
  model: DeploymentsModel,
  subject: Extract<CreateSubject, { kind: 'dockerfile' }>,
  wish: CreateWish,
): Promise<void> {
  const dockerfile = Uri.parse(subject.uri);
  const source = await sourceOf(dockerfile);
  const made = Promise.withResolvers<void>();
  void journeys.deploy(model, dockerfile, source, choiceOf(wish), {
    created: () => made.resolve(),
    failed: (error) => made.reject(error as Error),
  });
  await made.promise;
}

function imageOf({ image }: CreateWish): ImageSource {
  switch (image.kind) {
    case 'repository':
      return { registry: patrRegistry, repositoryId: image.repositoryId };
    case 'external':
      return { registry: image.registry, imageName: image.imageName };
    case 'build':
      throw problem('wrongParameters', { says: 'There is no Dockerfile that this form is about.' });
    case 'copy':
      throw problem('wrongParameters', { says: 'There is no deployment that this form copies.' });
  }
}

/** What went wrong, as the form shows it: a sentence, and the fields that it is about. */
export function refusalOf(error: unknown): Refused {
  const message = error instanceof Error ? error.message : describeError(error);
  return { kind: 'refused', message, fields: fieldsOf(error) };
}

function fieldsOf(error: unknown): FieldProblem[] {
  if (isProblem(error)) return [...error.fields];
  if (error instanceof JourneyError && error.next.includes('chooseName'))
    return [{ field: 'name', message: 'cannot be used' }];
  return [];
}
