import { localId } from '../connections/connection.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import { connectionFacts, connectionLook } from '../tree/connectionLook.ts';

/** A region of a connection that something can be deployed to. */
export interface DeployPlace {
  readonly model: DeploymentsModel;
  /** Absent: the only one, or the first. */
  readonly regionId?: string;
  readonly icon: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Every region of the current connection, then those of the others. */
export function deployPlaces(models: Pick<Models, 'all' | 'current'>): readonly DeployPlace[] {
  const { current } = models;
  return [current, ...models.all().filter((model) => model !== current)].flatMap(placesOf);
}

function placesOf(model: DeploymentsModel): readonly DeployPlace[] {
  const { connection } = model;
  const { label } = connection;
  if (connection.id === localId) {
    const detail = 'Your own Docker engine. Free, and it works offline.';
    return [{ model, icon: 'server-environment', label, description: 'this machine', detail }];
  }
  const state = connection.state();
  const { icon } = connectionLook(connection);
  const place = { model, icon, description: connectionFacts(connection) };
  const regions = state.kind === 'connected' ? state.regions : [];
  if (regions.length <= 1) return [{ ...place, label, detail: regions[0]?.name ?? '' }];
  return regions.map(({ id, name, connected }) => ({
    ...place,
    regionId: id,
    label: `${label}: ${name}`,
    detail: connected ? '' : 'This region is not connected.',
  }));
}
