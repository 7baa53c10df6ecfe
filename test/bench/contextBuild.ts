import { currentContext } from '../../src/docker/dockerContexts.ts';
import { ownDockerHome } from '../../src/docker/configFile.ts';
import { openEngine } from '../../src/docker/openEngine.ts';
import { buildImage } from '../../src/image/buildImage.ts';

/** Builds one folder in a process of its own and prints the largest resident memory, in KiB. */
const [folder = '', tag = '', mark = ''] = process.argv.slice(2);
const context = await currentContext(ownDockerHome());
if (context.kind === 'broken') throw new Error(context.message);
const engine = openEngine(context.address);
const wanted = {
  tags: [tag],
  labels: { 'cloud.patr.test': mark },
  buildArguments: {},
  dockerfile: 'Dockerfile',
  noCache: true,
  builder: 'classic',
} as const;
const events = await Array.fromAsync(buildImage(engine, { folder, ...wanted }));
if (events.at(-1)?.kind !== 'built') throw new Error('Nothing was built.');
engine.dispose();
process.stdout.write(`${process.resourceUsage().maxRSS}\n`);
