import { homedir } from 'node:os';
import { join } from 'node:path';

/** What takes long to make and serves every clone: the editor, logs of services that were started. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(base, 'patr-deployments');
}
