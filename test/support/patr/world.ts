import type { PortType } from '../../../src/protocol/shapes/deployment.ts';

/** 32 hexadecimal digits out of a number, as Patr writes a UUID. */
export const patrId = (number: number): string => number.toString(16).padStart(32, '0');

export interface Probe {
  readonly port: number;
  readonly path: string;
}

/** What Patr keeps of a deployment, in nobody's wire form. */
export interface Row {
  readonly id: string;
  name: string;
  readonly source: { registry: string; repositoryId: string } | { registry: string; imageName: string };
  readonly imageTag: string;
  status: string;
  runner: string;
  machineType: string;
  currentLiveDigest: string | null;
  deployOnPush: boolean;
  minHorizontalScale: number;
  maxHorizontalScale: number;
  ports: Readonly<Record<string, PortType>>;
  environmentVariables: Readonly<Record<string, unknown>>;
  startupProbe: Probe | undefined;
  livenessProbe: Probe | undefined;
  configMounts: Readonly<Record<string, string>>;
  volumes: Readonly<Record<string, unknown>>;
  /** Digests that it has run, newest first. */
  readonly history: { readonly imageDigest: string; readonly at: number }[];
}

export interface Repository {
  readonly id: string;
  readonly name: string;
  /** Digest of each tag. */
  readonly tags: Map<string, string>;
}

export interface Volume {
  readonly id: string;
  name: string;
  size: number;
}

export interface Domain {
  readonly id: string;
  readonly name: string;
  readonly isVerified: boolean;
  readonly [field: string]: unknown;
}

/** A managed URL, as answers have it. */
export interface Url {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** One workspace of one user, as a Patr of any generation holds it; nothing runs. */
export class PatrWorld {
  readonly workspaceId = patrId(0xa1);
  readonly userId = patrId(0xa2);
  readonly runnerId = patrId(0xa3);
  readonly machineTypeId = 'b3cf3771fa394281bfdfeb2e65a061b6';
  /** The one that is taken now. */
  token = `patrv1.${patrId(0xa4)}.${patrId(0xa5)}`;
  /** Those that the user belongs to; only the first one has anything in it. */
  readonly workspaces = [{ id: this.workspaceId, name: 'acme' }];
  /** Newest first. */
  readonly deployments: Row[] = [];
  readonly repositories: Repository[] = [];
  readonly volumes: Volume[] = [];
  readonly domains: Domain[] = [];
  readonly urls: Url[] = [];
  readonly secrets = new Map<string, { name: string; value: string }>();
  readonly #madeAt = Date.UTC(2024, 9, 22, 9, 15, 4, 120);
  #made = 0x1000;

  id(): string {
    return patrId(this.#made++);
  }

  /** Moments apart by a second, in milliseconds since the epoch. */
  time(): number {
    return this.#madeAt + this.#made * 1000;
  }

  deployment(id: string): Row | undefined {
    return this.deployments.find((row) => row.id === id);
  }

  /** Whether another deployment has this name; upper and lower case are the same. */
  isTaken(name: unknown, except?: string): boolean {
    if (typeof name !== 'string') return false;
    return this.deployments.some((row) => row.id !== except && row.name.toLowerCase() === name.toLowerCase());
  }

  /** An image is pushed: a tag of a repository points to it. */
  push(repository: Repository, tag: string, digest: string): void {
    repository.tags.set(tag, digest);
  }

  /** Notes that a deployment runs a digest. The digest is the key: the first date stays. */
  ran(row: Row, imageDigest: string): void {
    if (!row.history.some((entry) => entry.imageDigest === imageDigest))
      row.history.unshift({ imageDigest, at: this.time() });
  }
}
