import { Unreachable } from '../../client/errors.ts';
import { configCapability, configMountsOf, type ConfigMounts } from '../../deploy/configMounts.ts';
import type { Target } from '../../deploy/target.ts';
import { isProblem, problem } from '../../protocol/problems.ts';
import { isTokenRefused } from '../accounts/refusedToken.ts';
import { awayWords } from '../connections/awayWords.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { Models } from '../model/models.ts';
import type { ConfigPlace } from './configAddress.ts';

/** There is nobody to ask now. */
export class RegionAway extends Error {
  override readonly name = 'RegionAway';
}

/** Whether what failed may well succeed once the region, or the way to it, is back, or one has signed in anew. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof RegionAway ||
    error instanceof Unreachable ||
    isProblem(error, 'engineUnreachable') ||
    isTokenRefused(error) ||
    (error instanceof Error && error.name === 'TimeoutError')
  );
}

/** From the address of a config mount to the server that has it. */
export class ConfigServers {
  readonly #models: Pick<Models, 'by' | 'of' | 'get'>;

  constructor(models: Pick<Models, 'by' | 'of' | 'get'>) {
    this.#models = models;
  }

  /** Where the config mounts of a deployment are. @throws RegionAway */
  async placeOf(deploymentId: string): Promise<ConfigPlace> {
    const model = this.#models.of(deploymentId);
    const { workspaceId } = await targetNow(model);
    return { connection: model.connection.id, workspaceId, deploymentId };
  }

  /** @throws RegionAway, and `resourceDoesNotExist` where the place is in another workspace. */
  async mounts({ connection, workspaceId, deploymentId }: ConfigPlace): Promise<ConfigMounts> {
    const model = this.#models.by(connection);
    if (model === undefined)
      throw new RegionAway('The server of this config mount is not connected any more. Connect to it again.');
    const target = await targetNow(model);
    if (workspaceId !== target.workspaceId)
      throw problem('resourceDoesNotExist', {
        says: 'The deployment of this config mount is on a server that is not connected (any more).',
      });
    return configMountsOf(target, deploymentId);
  }

  /** Whether a change reaches instances that run; undefined while nobody can be asked. */
  isLive({ connection }: Pick<ConfigPlace, 'connection'>): boolean | undefined {
    return this.#models.by(connection)?.target()?.backend.offers(configCapability);
  }

  /** What people call the deployment; its id where it is not known. */
  nameOf({ deploymentId }: Pick<ConfigPlace, 'deploymentId'>): string {
    return this.#models.get(deploymentId)?.name ?? deploymentId.slice(0, 8);
  }
}

async function targetNow(model: DeploymentsModel): Promise<Target> {
  const { connection } = model;
  if (model.target() === undefined) await connection.look();
  const target = model.target();
  if (target === undefined) throw new RegionAway(awayWords(connection.state()));
  return target;
}
