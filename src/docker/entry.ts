/**
 * Entry of the bundle `dist/engine.cjs`: whatever drags dockerode in. The extension requires that file when an
 * engine is first needed (see `engineBundle.ts`); the control plane bundles this folder in.
 */
export { openEngine, type EngineOptions } from './openEngine.ts';
