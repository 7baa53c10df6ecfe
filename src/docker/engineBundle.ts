import type * as EngineEntry from './entry.ts';

/** What `dist/engine.cjs` exports. */
export type EngineBundle = typeof EngineEntry;

/**
 * Loads the engine's code, at the first use: the extension is ready long before anybody needs a container. Works
 * within the extension's bundle only; everything else imports `entry.ts`.
 */
export function requireEngineBundle(): EngineBundle {
  return require('./engine.cjs') as EngineBundle;
}
