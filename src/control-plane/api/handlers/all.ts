import type { Handlers } from '../handler.ts';
import type { ApiParts } from '../parts.ts';
import { apiTokenHandlers } from './apiTokens.ts';
import { configMountHandlers } from './configMounts.ts';
import { deploymentHandlers } from './deployments.ts';
import { logHandlers } from './logs.ts';
import { domainHandlers } from './domains.ts';
import { managedUrlHandlers } from './managedUrls.ts';
import { metricsHandlers } from './metrics.ts';
import { peopleHandlers } from './people.ts';
import { registryHandlers } from './registries.ts';
import { repositoryHandlers } from './repositories.ts';
import { secretHandlers } from './secrets.ts';
import { volumeDataHandlers } from './volumeData.ts';
import { volumeHandlers } from './volumes.ts';

/** A handler for every line of the endpoint table. */
export function allHandlers(parts: ApiParts): Handlers {
  return {
    ...peopleHandlers(parts),
    ...apiTokenHandlers(parts),
    ...deploymentHandlers(parts),
    ...metricsHandlers(parts),
    ...configMountHandlers(parts),
    ...logHandlers(parts),
    ...repositoryHandlers(parts),
    ...registryHandlers(parts),
    ...volumeHandlers(parts),
    ...volumeDataHandlers(parts),
    ...secretHandlers(parts),
    ...domainHandlers(parts),
    ...managedUrlHandlers(parts),
  };
}
