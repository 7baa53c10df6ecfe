import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The context of an application that is up as soon as its container is: what a rollout itself takes is left. */
export interface TinyApp {
  readonly folder: string;
  /** What the next image answers with. */
  change(marker: string): Promise<void>;
  close(): Promise<void>;
}

const dockerfile = `ARG BASE=busybox:stable-musl
FROM \${BASE}
COPY index.html /www/
EXPOSE 8080
CMD ["sh", "-c", "trap 'exit 0' TERM; httpd -f -p 8080 -h /www & wait"]
`;

export async function tinyApp(): Promise<TinyApp> {
  const folder = await mkdtemp(join(tmpdir(), 'patr-tiny-'));
  const change = (marker: string): Promise<void> => writeFile(join(folder, 'index.html'), `${marker}\n`);
  await writeFile(join(folder, 'Dockerfile'), dockerfile);
  await change('first');
  return { folder, change, close: () => rm(folder, { recursive: true, force: true }) };
}
