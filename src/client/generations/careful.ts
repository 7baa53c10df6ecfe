import type { Api, CallOptions } from '../client.ts';
import { isProblem, problem } from '../../protocol/problems.ts';
import type { Dialect } from './dialect.ts';

type Update = Parameters<Api['updateDeployment']>[0];

/**
 * A client that also does what Patr needs to be done around some calls:
 * - the rewrite forgets half of a probe that an update does not repeat, and fails: both are always sent again;
 * - it answers 500 for a name that is taken, and for the deletion of what is not there: then it is asked whether that
 *   is so;
 * - it forgets who mounts a volume when asked for one: the list knows.
 */
export function careful(api: Api, { generation }: Dialect): Api {
  if (generation === 'legacy') return api;
  return {
    ...api,
    async updateDeployment(given, options) {
      try {
        return await api.updateDeployment(await withProbes(api, given, options), options);
      } catch (error) {
        if (isProblem(error, 'internalServerError') && (await isTaken(api, given, options)))
          throw problem('resourceAlreadyExists', { cause: error });
        throw error;
      }
    },
    async deleteDeployment(given, options) {
      try {
        return await api.deleteDeployment(given, options);
      } catch (error) {
        if (isProblem(error, 'internalServerError')) await api.getDeployment(given, options);
        throw error;
      }
    },
    async getVolume(given, options) {
      const { params } = given;
      const all = api.pages('listVolumes', { params }, ({ volumes }) => volumes, options);
      for await (const volume of all) if (volume.id === params.volumeId) return volume;
      return await api.getVolume(given, options);
    },
  };
}

async function withProbes(api: Api, given: Update, options: CallOptions | undefined): Promise<Update> {
  const { startupProbe, livenessProbe } = given.body;
  if (startupProbe !== undefined && livenessProbe !== undefined) return given;
  const now = await api.getDeployment({ params: given.params }, options);
  const probes = {
    startupProbe: startupProbe ?? now.startupProbe ?? undefined,
    livenessProbe: livenessProbe ?? now.livenessProbe ?? undefined,
  };
  return { ...given, body: { ...given.body, ...probes } };
}

async function isTaken(
  api: Api,
  { params, body: { name } }: Update,
  options: CallOptions | undefined,
): Promise<boolean> {
  if (name === undefined) return false;
  const wanted = name.trim().toLowerCase();
  const all = api.pages('listDeployments', { params }, ({ deployments }) => deployments, options);
  for await (const one of all)
    if (one.id !== params.deploymentId && one.name.toLowerCase() === wanted) return true;
  return false;
}
