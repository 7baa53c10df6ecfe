import { createHash } from 'node:crypto';

export interface EnvironmentWanted {
  readonly workspaceId: string;
  readonly deploymentId: string;
  readonly deploymentName: string;
  /** The person's own, secrets filled in. */
  readonly own: Readonly<Record<string, string>>;
  /** Content by name under /etc/config. */
  readonly configFiles: ReadonlyMap<string, Buffer>;
}

/** An instance's variables: the person's, then the five that Patr sets, which always win. */
export function environmentOf(wanted: EnvironmentWanted): Readonly<Record<string, string>> {
  return {
    ...wanted.own,
    PATR: 'true',
    WORKSPACE_ID: wanted.workspaceId,
    DEPLOYMENT_ID: wanted.deploymentId,
    DEPLOYMENT_NAME: wanted.deploymentName,
    CONFIG_MAP_HASH: configMapHash(wanted.configFiles),
  };
}

/** SHA-512 over the mounts sorted by name, each name and then its content, in lower-case hexadecimal. */
export function configMapHash(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha512');
  for (const name of Array.from(files.keys()).toSorted()) {
    hash.update(name).update(files.get(name) ?? '');
  }
  return hash.digest('hex');
}
