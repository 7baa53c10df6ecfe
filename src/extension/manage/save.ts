import { dropVolumes, makeVolumes } from '../../deploy/volumes.ts';
import type { Target } from '../../deploy/target.ts';
import type { WishedChange } from '../../protocol/panelManage.ts';

/**
 * Saves everything as one update. Volumes that it needs are made first, and go again when it is refused.
 * @throws the server's refusals.
 */
export async function saveChange(
  target: Target,
  deploymentId: string,
  { update, newVolumes }: WishedChange,
  note: (text: string) => void,
): Promise<void> {
  const params = { workspaceId: target.workspaceId, deploymentId };
  const made = await makeVolumes(target, newVolumes, note);
  const fresh = newVolumes.length === 0 ? {} : { volumes: { ...update.volumes, ...made } };
  try {
    await target.api.updateDeployment({ params, body: { ...update, ...fresh } });
  } catch (error) {
    await dropVolumes(target, made, note);
    throw error;
  }
}
