import type { Target } from '../../deploy/target.ts';
import { whereOffered } from '../../deploy/whereOffered.ts';
import type { PriceTable, Pricing } from '../../protocol/cost.ts';
import { patrPrices } from '../../protocol/cost.ts';
import type { Choices, Named } from '../../protocol/panelCreate.ts';
import type { Volume } from '../../protocol/shapes/volume.ts';
import type { Runner } from '../../protocol/shapes/workspace.ts';

interface Waiting {
  readonly signal?: AbortSignal;
}

/** The person's own price tables, by the name of the region. */
export type OwnPrices = Readonly<Record<string, PriceTable>>;

/**
 * Everything that a form offers to choose from, read anew. `own`: the deployment that the form is about, whose name
 * and volumes are free for it. @throws the client's errors.
 */
export async function readChoices(
  target: Target,
  prices: OwnPrices,
  waiting: Waiting,
  own?: string,
): Promise<Choices> {
  const { api, workspaceId } = target;
  const given = { params: { workspaceId } };
  const [regions, { machineTypes }, repositories, volumes, secrets, deployments] = await Promise.all([
    all(api.pages('listRunners', given, ({ runners }) => runners, waiting)),
    api.listMachineTypes(given, waiting),
    whereOffered(all(api.pages('listRepositories', given, (answer) => answer.repositories, waiting))),
    whereOffered(all(api.pages('listVolumes', given, (answer) => answer.volumes, waiting))),
    whereOffered(all(api.pages('listSecrets', given, (answer) => answer.secrets, waiting))),
    all(api.pages('listDeployments', given, (answer) => answer.deployments, waiting)),
  ]);
  return {
    regions: regions.map((region) => regionChoice(target, region, prices)),
    machineTypes: machineTypes.toSorted(
      (a, b) => a.cpu_count - b.cpu_count || a.memory_count - b.memory_count,
    ),
    ...(repositories === undefined ? {} : { repositories: byName(repositories.map(named)) }),
    ...(volumes === undefined ? {} : { volumes: byName(freeVolumes(volumes, own)) }),
    ...(secrets === undefined ? {} : { secrets: byName(secrets.map(named)) }),
    takenNames: deployments.filter(({ id }) => id !== own).map(({ name }) => name),
    trafficLimits: target.backend.offers('trafficLimits'),
  };
}

function freeVolumes(volumes: readonly Volume[], own: string | undefined) {
  return volumes
    .filter(({ deploymentId }) => deploymentId === null || deploymentId === own)
    .map(({ id, name, size }) => ({ id, name, size }));
}

function regionChoice(target: Target, { id, name, connected, message }: Runner, prices: OwnPrices) {
  const why = message === undefined ? '' : ` ${message}`;
  const away = connected ? {} : { message: `This region is not connected.${why}` };
  return { id, name, pricing: pricingOf(target, name, prices), ...away };
}

/** The person's own table, what Patr asks for its regions, or nothing where the machine is the person's. */
function pricingOf({ backend }: Target, region: string, prices: OwnPrices): Pricing {
  const own = prices[region];
  if (own !== undefined) return { kind: 'priced', table: own };
  // Patr itself does not know the question what it is; our control plane runs on an engine of the person's.
  if (backend.version === undefined) return { kind: 'priced', table: patrPrices };
  return { kind: 'free', words: 'your machine: free' };
}

const all = <T>(rows: AsyncIterable<T>): Promise<T[]> => Array.fromAsync(rows);
const named = ({ id, name }: Named): Named => ({ id, name });
const byName = <T extends Named>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => a.name.localeCompare(b.name));
