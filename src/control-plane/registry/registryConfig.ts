import type { RegistrySecrets } from './registrySecrets.ts';
import { registryIssuer, registryService } from './accessToken.ts';

export interface RegistryConfigWanted {
  /** Host and port that it listens on, such as `127.0.0.1:7050`. */
  readonly listen: string;
  /** Where it keeps blobs, in its own file system. */
  readonly storageDirectory: string;
  /** Where clients fetch tokens: `<control plane>/auth/docker-login`, as the engine reaches it. */
  readonly realm: string;
  /** Path of the certificate that tokens are trusted by, in the registry's own file system. */
  readonly certificateBundle: string;
  /** `<control plane>/webhook/registry`, as the registry reaches it; absent: it tells nobody. */
  readonly webhookUrl: string | undefined;
  /** It answers reads alone. */
  readonly readOnly?: boolean;
  /** See `registrySecrets`. */
  readonly secrets: Pick<RegistrySecrets, 'webhook' | 'uploads'>;
}

/** Things that are pushed on the way to a manifest; only the manifest tells that a tag has moved. */
const notManifests = [
  'application/octet-stream',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
];

/** Uploads that were broken off are kept to be gone on with, but not for the week that is usual. */
const uploadpurging = { enabled: true, age: '24h', interval: '1h', dryrun: false };

/**
 * Configuration file of CNCF Distribution, 2.8 or 3. It is JSON, which is YAML as well.
 *
 * There is no `storage.cache` on purpose: with it, a push after a garbage collection is told that layers exist
 * which were collected.
 */
export function registryConfig(wanted: RegistryConfigWanted): string {
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: wanted.storageDirectory },
      delete: { enabled: true },
      maintenance: wanted.readOnly === true ? { readonly: { enabled: true } } : { uploadpurging },
    },
    // Relative locations lead back to whatever address the client came by.
    http: { addr: wanted.listen, relativeurls: true, secret: wanted.secrets.uploads },
    auth: {
      token: {
        realm: wanted.realm,
        service: registryService,
        issuer: registryIssuer,
        rootcertbundle: wanted.certificateBundle,
      },
    },
    ...(wanted.webhookUrl === undefined
      ? {}
      : { notifications: { endpoints: [endpoint(wanted.webhookUrl, wanted.secrets)] } }),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function endpoint(url: string, { webhook }: RegistryConfigWanted['secrets']) {
  return {
    name: 'control-plane',
    url,
    headers: { Authorization: [`Bearer ${webhook}`] },
    timeout: '2s',
    threshold: 3,
    backoff: '1s',
    ignoredmediatypes: notManifests,
    ignore: { actions: ['pull', 'mount', 'delete'] },
  };
}
