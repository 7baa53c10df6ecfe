import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { UrlEdge, UrlRoute } from '../../../src/control-plane/edge/contract.ts';

export interface UrlChangesWanted {
  readonly edge: UrlEdge;
  readonly changes: number;
  /** The one that is under load all the while. */
  readonly stays: UrlRoute;
  /** Status and where it redirects to, of a path. */
  readonly curl: (path: string) => Promise<string>;
}

/**
 * Adds, retargets and removes URLs beside one that stays, one change after another; every tenth is asked for. Of the
 * one that stays nothing is to be noticed. Resolves with how long each change took, in milliseconds.
 */
export async function changeUrls({
  edge,
  changes,
  stays,
  curl,
}: UrlChangesWanted): Promise<readonly number[]> {
  const took: number[] = [];
  let others: readonly UrlRoute[] = [];
  for (let change = 0; change < changes; change += 1) {
    const path = `/changing/${change % 7}`;
    const rest = others.filter((route) => route.path !== path);
    const goes = change % 3 === 2;
    const target: UrlRoute['target'] =
      change % 2 === 0
        ? { type: 'redirect', url: `example.org/${change}`, permanentRedirect: true, httpOnly: false }
        : stays.target;
    others = goes ? rest : [...rest, { ...stays, id: path, path, target }];
    const began = performance.now();
    await edge.routeUrls([stays, ...others]);
    took.push(performance.now() - began);
    if (change % 10 !== 0) continue;
    const wanted = goes || change % 2 === 1 ? /^200 / : new RegExp(`^308 https://example.org/${change} `);
    assert.match(await curl(path), wanted);
  }
  await edge.routeUrls([stays]);
  return took;
}

/** Status and where it redirects to, as `changeUrls` asks for them, without another program. */
export async function headAt(port: number, host: string, path: string): Promise<string> {
  const asked = request({ host: '127.0.0.1', port, path, agent: false, headers: { host } });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return `${response.statusCode} ${response.headers.location ?? ''} `;
}
