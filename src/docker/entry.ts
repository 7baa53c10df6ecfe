/**
 * Entry of the bundle `dist/engine.cjs`: whatever drags dockerode in. The extension requires that file when an
 * engine is first needed (`engineBundle.ts`); the control plane bundles this folder in. What was thrown here is
 * told by `isEngineError` and `isBuildFailure`, because this bundle has classes of its own.
 */
export { openEngine, type EngineOptions } from './openEngine.ts';
export { dockerCredentials } from './registryCredentials.ts';
