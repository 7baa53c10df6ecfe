import { Uri } from 'vscode';
import { fileOf } from '../config/configFileSystem.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import { deploymentOf, type Node } from '../tree/nodes.ts';
import type { ConnectionMeant } from './accounts.ts';
import type { CommandContext } from './context.ts';

/**
 * A context whose model is that of the connection which is meant: the node's, the config mount's, or, from the palette,
 * the current one.
 */
export function aboutOf(context: CommandContext, given: unknown): CommandContext {
  return { ...context, model: modelMeant(context, given) };
}

/** The same for what is about the region of this machine alone. */
export function aboutLocal(context: CommandContext): CommandContext {
  return { ...context, model: context.models.local };
}

function modelMeant({ models, tree }: CommandContext, given: unknown): DeploymentsModel {
  if (given instanceof Uri) return models.by(fileOf(given)?.connection ?? '') ?? models.current;
  if (namesConnection(given)) return models.by(given.connection.id) ?? models.current;
  if (!isNode(given)) return models.current;
  const id = deploymentOf(given);
  return tree.modelOf(given) ?? (id === undefined ? models.current : models.of(id));
}

function namesConnection(given: unknown): given is ConnectionMeant {
  return typeof given === 'object' && given !== null && 'connection' in given;
}

function isNode(given: unknown): given is Node {
  return typeof given === 'object' && given !== null && 'kind' in given && 'id' in given;
}
