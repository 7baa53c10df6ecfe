import { createHash } from 'node:crypto';
import type { ReleaseDetails } from '../../protocol/shapes/release.ts';
import type { DeploymentsModel } from '../model/deployments.ts';
import type { DocumentSubject } from './documentAddress.ts';

/** Name of the document of a release: its number is all that tells it apart. */
export function releaseName(number: number): string {
  return `v${number}.yaml`;
}

export async function readReleaseText(
  model: Pick<DeploymentsModel, 'target' | 'releases'>,
  { id: deploymentId, name }: DocumentSubject,
): Promise<string> {
  const target = model.target();
  if (target === undefined)
    throw new Error('The server is not connected. Choose what helps in the Patr view, and open this again.');
  const found = (await model.releases(deploymentId)).find(({ number }) => releaseName(number) === name);
  if (found === undefined) throw new Error(`The deployment has no version ${name.replace('.yaml', '')}.`);
  const params = { workspaceId: target.workspaceId, deploymentId, releaseId: found.id };
  return releaseText(await target.api.getRelease({ params }));
}

/** What a release was made from, as YAML: names in order, so that two of them compare line by line. */
export async function releaseText(release: ReleaseDetails): Promise<string> {
  // Only who looks at a release needs it, so it is not part of the activation.
  const { stringify } = await import('yaml');
  const { environmentVariables, configMounts, startupProbe, livenessProbe } = release;
  const shown = {
    image: {
      ...('repositoryId' in release
        ? { repository: release.repositoryId }
        : { registry: release.registry, name: release.imageName }),
      tag: release.imageTag,
      digest: release.digest,
    },
    machineType: release.machineType,
    ports: release.ports,
    probes: { startup: startupProbe ?? null, liveness: livenessProbe ?? null },
    environment: environmentVariables,
    configMounts: Object.fromEntries(
      Object.entries(configMounts).map(([name, base64]) => [name, contentOf(base64)]),
    ),
    volumes: release.volumes,
  };
  return stringify(shown, { sortMapEntries: true, lineWidth: 0 });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Text as it is; of anything else what tells two of them apart. */
function contentOf(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  try {
    const text = decoder.decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Not UTF-8: shown as what is no text.
  }
  return `(${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)})`;
}
