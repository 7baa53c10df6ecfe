import { readFile } from 'node:fs/promises';
import type { ContainerRecord, Engine } from '../../docker/engine.ts';
import type { Waiting } from './executor.ts';
import { helperContainer } from './helperContainer.ts';

export interface NetworkTablesParts {
  readonly engine: Engine;
  readonly region: string;
  /** Image with Node, to look into an instance's network with; absent: this process is on the same host. */
  readonly toolImage: string | undefined;
}

/** The kernel's tables of an instance's network: read by process id on the same host, by a helper elsewhere. */
export async function networkTables(
  { engine, region, toolImage }: NetworkTablesParts,
  record: ContainerRecord,
  options: Waiting,
): Promise<string> {
  if (toolImage === undefined) {
    const folder = `/proc/${record.pid}/net`;
    const tables = ['tcp', 'tcp6'].map((name) => readFile(`${folder}/${name}`, 'utf8').catch(() => ''));
    return (await Promise.all(tables)).join('\n');
  }
  const made = await engine.createContainer(
    helperContainer({
      region,
      role: 'diagnosis',
      name: `patr-${region}-look-${record.id.slice(0, 12)}`,
      image: toolImage,
      entrypoint: ['node'],
      command: ['-e', printTables],
      network: `container:${record.id}`,
      mounts: [],
    }),
    options,
  );
  if (typeof made === 'string') return '';
  try {
    await engine.startContainer(made.id, options);
    let text = '';
    for await (const { bytes } of engine.logs(made.id, { follow: true }, options))
      text += bytes.toString('utf8');
    return text;
  } finally {
    await engine.removeContainer(made.id);
  }
}

const printTables =
  "const fs=require('fs');for(const n of ['tcp','tcp6'])try{process.stdout.write(fs.readFileSync('/proc/net/'+n,'utf8'))}catch(e){process.stderr.write(String(e))}";
