import { buildAll } from '../../esbuild.config.mjs';

await buildAll();
