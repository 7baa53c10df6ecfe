import type { Choices } from '../protocol/panelCreate.ts';
import type { DeploymentInfo } from '../protocol/shapes/deployment.ts';
import type { CopyDestination, CopyEnd, CopyOrigin } from './copyPlan.ts';
import type { Target } from './target.ts';
import { whereOffered } from './whereOffered.ts';

/** One end of a copy: a server, and what people call it. */
export interface CopyPlace {
  readonly target: Target;
  readonly label: string;
  /** Whether its instances run on the machine of the editor's engine. */
  readonly isLocal: boolean;
}

interface Waiting {
  readonly signal?: AbortSignal;
}

/** Everything of a deployment that a copy has to do with. @throws the client's errors. */
export async function readCopyOrigin(
  place: CopyPlace,
  deploymentId: string,
  waiting: Waiting,
): Promise<CopyOrigin> {
  const { api, workspaceId } = place.target;
  const given = { params: { workspaceId } };
  const deployment = await api.getDeployment({ params: { workspaceId, deploymentId } }, waiting);
  const { runner: runnerId, machineType } = deployment;
  const [region, machineTypes, secrets, volumes, managedUrls, registries] = await Promise.all([
    whereOffered(api.getRunner({ params: { workspaceId, runnerId } }, waiting)),
    whereOffered(api.listMachineTypes(given, waiting)),
    whereOffered(Array.fromAsync(api.pages('listSecrets', given, (answer) => answer.secrets, waiting))),
    whereOffered(Array.fromAsync(api.pages('listVolumes', given, (answer) => answer.volumes, waiting))),
    managedUrlsOf(place, deployment, waiting),
    whereOffered(Array.fromAsync(api.pages('listRegistries', given, (answer) => answer.registries, waiting))),
  ]);
  return {
    ...endOf(place),
    deployment,
    region: region?.runner.name,
    machineType: machineTypes?.machineTypes.find(({ id }) => id === machineType),
    secrets: new Map((secrets ?? []).map(({ id, name }) => [id, name])),
    volumes: new Map((volumes ?? []).map(({ id, name, size }) => [id, { name, size }])),
    managedUrls,
    registries: (registries ?? []).map(({ registry }) => registry),
  };
}

/** The workspace that a copy is made in. `choices`: as the form has them. */
export function copyDestination(place: CopyPlace, choices: Choices): CopyDestination {
  const { backend } = place.target;
  return {
    ...endOf(place),
    hasVolumes: backend.answers('createVolume'),
    hasManagedUrls: backend.answers('createManagedUrl'),
    choices,
  };
}

function endOf({ label, isLocal, target: { backend } }: CopyPlace): CopyEnd {
  const { generation } = backend;
  return { label, generation, isLocal, hasRegistry: backend.answers('createRepository') };
}

async function managedUrlsOf(
  { target: { api, workspaceId } }: CopyPlace,
  { id }: DeploymentInfo,
  waiting: Waiting,
): Promise<string[]> {
  const given = { params: { workspaceId } };
  const [urls, domains] = await Promise.all([
    whereOffered(Array.fromAsync(api.pages('listManagedUrls', given, (answer) => answer.urls, waiting))),
    whereOffered(Array.fromAsync(api.pages('listDomains', given, (answer) => answer.domains, waiting))),
  ]);
  const names = new Map((domains ?? []).map((domain) => [domain.id, domain.name]));
  return (urls ?? [])
    .filter((url) => url.type === 'proxyDeployment' && url.deploymentId === id)
    .map(({ address, subDomain, domainId, path }) => {
      const domain = names.get(domainId);
      const host = subDomain === '@' ? domain : [subDomain, domain].filter(Boolean).join('.');
      return address ?? `${host ?? subDomain}${path === '/' ? '' : path}`;
    });
}
