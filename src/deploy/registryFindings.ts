import { isRegistryError } from '../client/registry/registryError.ts';
import { RegistrySession } from '../client/registry/registrySession.ts';
import type { Finding } from '../image/finding.ts';
import type { Target } from './target.ts';

/**
 * Whether an image could be pushed, told before minutes are spent on building it. Our own control plane keeps its
 * registry beside it, and the engine reaches that where the editor may not: it is not asked.
 */
export async function registryFindings(
  target: Target,
  waiting: { readonly signal?: AbortSignal },
): Promise<readonly Finding[]> {
  const { backend, workspaceId, token } = target;
  if (!backend.answers('createRepository')) return [{ severity: 'stop', code: 'noRegistry', message: none }];
  if (backend.generation === 'own') return [];
  const { username, ...where } = backend.registry;
  const place = { ...where, path: workspaceId, login: { username, password: token } };
  try {
    await new RegistrySession(place, { actions: 'login' }, waiting.signal).look();
    return [];
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    // The engine may have a way there that the editor has not.
    if (error.kind === 'unreachable')
      return [{ severity: 'warn', code: 'registryUnreachable', message: error.message }];
    return [{ severity: 'stop', code: 'registryRefuses', message: error.message }];
  }
}

const none =
  'This Patr has no registry that could be pushed to. Push the image to a registry of your own, and deploy it with "Deploy an Image…".';
