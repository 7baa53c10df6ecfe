import { Unreachable } from '../../client/errors.ts';
import { configMountsOf, type ConfigMounts } from '../../deploy/configMounts.ts';
import { isProblem, problem } from '../../protocol/problems.ts';
import { awayWords } from '../connections/awayWords.ts';
import type { Connection } from '../connections/connection.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { ConfigPlace } from './configAddress.ts';

/** There is nobody to ask now. */
export class RegionAway extends Error {
  override readonly name = 'RegionAway';
}

/** Whether what failed may well succeed once the region, or the way to it, is back. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof RegionAway ||
    error instanceof Unreachable ||
    isProblem(error, 'engineUnreachable') ||
    (error instanceof Error && error.name === 'TimeoutError')
  );
}

/** From the address of a config mount to the server that has it. */
export class ConfigServers {
  readonly #connection: Pick<Connection, 'id' | 'look' | 'state'>;
  readonly #model: Pick<DeploymentsModel, 'target' | 'get'>;

  constructor(
    connection: Pick<Connection, 'id' | 'look' | 'state'>,
    model: Pick<DeploymentsModel, 'target' | 'get'>,
  ) {
    this.#connection = connection;
    this.#model = model;
  }

  /** Where the config mounts of a deployment are. @throws RegionAway */
  async placeOf(deploymentId: string): Promise<ConfigPlace> {
    const { workspaceId } = await this.#target();
    return { connection: this.#connection.id, workspaceId, deploymentId };
  }

  /** @throws RegionAway, and `resourceDoesNotExist` where the place is on another server. */
  async mounts({ connection, workspaceId, deploymentId }: ConfigPlace): Promise<ConfigMounts> {
    const target = await this.#target();
    if (connection !== this.#connection.id || workspaceId !== target.workspaceId)
      throw problem('resourceDoesNotExist', {
        says: 'The deployment of this config mount is on a server that is not connected (any more).',
      });
    return configMountsOf(target, deploymentId);
  }

  /** What people call the deployment; its id where it is not known. */
  nameOf({ deploymentId }: Pick<ConfigPlace, 'deploymentId'>): string {
    return this.#model.get(deploymentId)?.name ?? deploymentId.slice(0, 8);
  }

  async #target() {
    if (this.#model.target() === undefined) await this.#connection.look();
    const target = this.#model.target();
    if (target === undefined) throw new RegionAway(awayWords(this.#connection.state()));
    return target;
  }
}
