import { deployments } from './0001-deployments.ts';
import { tags } from './0002-tags.ts';
import { volumes } from './0003-volumes.ts';
import { deleted } from './0004-deleted.ts';
import { secrets } from './0005-secrets.ts';
import { tokenRights } from './0006-token-rights.ts';
import { imageSizes } from './0007-image-sizes.ts';
import { hostLabels } from './0008-host-labels.ts';
import { contents } from './0009-contents.ts';
import { registries } from './0010-registries.ts';
import { adopted } from './0011-adopted.ts';
import { configMounts } from './0012-config-mounts.ts';
import { managedUrls } from './0013-managed-urls.ts';
import { publicPorts } from './0014-public-ports.ts';
import { trafficLimits } from './0015-traffic-limits.ts';

/**
 * Every step from an empty database to the present one, oldest first. Append only: a step that was released is
 * never edited, because databases made by it exist. The number of a step is its place, counted from 1, and is
 * kept in `PRAGMA user_version`.
 */
export const migrations: readonly string[] = [
  deployments,
  tags,
  volumes,
  deleted,
  secrets,
  tokenRights,
  imageSizes,
  hostLabels,
  contents,
  registries,
  adopted,
  configMounts,
  managedUrls,
  publicPorts,
  trafficLimits,
];
