import { opened, sealed } from '../sealed.ts';

/** Scheme of config mounts as files. */
export const configScheme = 'patr-config';

/** The deployment whose config mounts a folder of ours holds. Ids, so that the address outlives every rename. */
export interface ConfigPlace {
  /** Of the connection. */
  readonly connection: string;
  readonly workspaceId: string;
  readonly deploymentId: string;
}

/** One config mount; `version`: as it was then, which nobody can change. */
export interface ConfigFile extends ConfigPlace {
  readonly name: string;
  readonly version?: string;
}

/** A save that was kept because nobody could take it, as a document to compare with. */
export const keptVersion = 'kept';

/** The parts of an address that the editor's own `Uri` has under the same names. */
export interface ConfigAddress {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
}

/** The folder of a deployment. */
export function folderAddress(place: ConfigPlace): ConfigAddress {
  const { connection, workspaceId, deploymentId } = place;
  const authority = [connection, workspaceId, deploymentId].map(sealed).join('+');
  return { scheme: configScheme, authority, path: '/', query: '' };
}

/** A name is taken as it is, whatever is in it: only what the server refuses is refused. */
export function fileAddress({ name, version, ...place }: ConfigFile): ConfigAddress {
  const query = version === undefined ? '' : `version=${sealed(version)}`;
  return { ...folderAddress(place), path: `/${name}`, query };
}

/** The place and, but for the folder itself, the name. Undefined for an address that is none of ours. */
export function parseConfigAddress(
  address: ConfigAddress,
): (ConfigPlace & { readonly name: string | undefined; readonly version?: string }) | undefined {
  const { scheme, authority, path, query } = address;
  const [connection, workspaceId, deploymentId, ...rest] = authority.split('+').map(opened);
  if (scheme !== configScheme || rest.length > 0) return undefined;
  if (connection === undefined || workspaceId === undefined || deploymentId === undefined) return undefined;
  const place = { connection, workspaceId, deploymentId };
  const name = path === '/' || path === '' ? undefined : path.slice(1);
  if (query === '') return { ...place, name };
  const version = query.startsWith('version=') ? opened(query.slice('version='.length)) : undefined;
  return version === undefined ? undefined : { ...place, name, version };
}
