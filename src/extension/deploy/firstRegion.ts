import type { Target } from '../../deploy/target.ts';

/** The region where nobody was asked for one. @throws with what to do when the workspace has none. */
export async function firstRegion({ api, workspaceId }: Target, signal?: AbortSignal): Promise<string> {
  const waiting = signal === undefined ? {} : { signal };
  const { runners } = await api.listRunners({ params: { workspaceId } }, waiting);
  const [region] = runners;
  if (region !== undefined) return region.id;
  throw new Error(
    'The workspace has no region to deploy to. Add one on its server and try again; if it is the local region, stop its control plane and start it again from the Patr view first.',
  );
}
