import { request } from 'node:http';
import { withTimeout } from '../../base/abort.ts';
import { pathOf } from '../probes/askHttp.ts';
import type { Waiting } from '../executors/executor.ts';

/** How long an application may take to answer, in milliseconds. */
const patienceMs = 5000;
/** As much of a refusing answer's body as is told. */
const shownBytes = 200;

export interface PostWanted {
  readonly address: string;
  readonly port: number;
  readonly path: string;
}

/** Tells an application by a POST without a body. What went wrong, in a sentence; undefined: it answered with success. */
export type Poster = (wanted: PostWanted, options?: Waiting) => Promise<string | undefined>;

export const networkPoster: Poster = ({ address, port, path }, { signal } = {}) => {
  const limit = withTimeout(patienceMs, signal);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const asked = request({
    host: address,
    port,
    path: pathOf({ path }),
    method: 'POST',
    headers: { 'user-agent': 'patr-config', 'content-length': '0', connection: 'close' },
    agent: false,
    signal: limit,
  });
  asked.on('response', (response) => {
    const { statusCode = 0 } = response;
    let body = '';
    const tell = (): void => {
      response.destroy();
      const words = body.slice(0, shownBytes).trim();
      resolve(`It answered ${statusCode} at ${path}${words === '' ? '.' : `: ${words}`}`);
    };
    if (statusCode >= 200 && statusCode < 300) {
      response.destroy();
      return resolve(undefined);
    }
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
      if (body.length >= shownBytes) tell();
    });
    response.on('end', tell);
    response.on('error', tell);
  });
  asked.on('error', (error) => {
    resolve(
      limit.aborted
        ? `It did not answer within ${patienceMs / 1000} s.`
        : `It could not be reached on port ${port}: ${error.message}`,
    );
  });
  asked.end();
  return promise;
};
