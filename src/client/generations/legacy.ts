import { endpoints, type EndpointName } from '../../protocol/endpoints.ts';
import { dialectOf, isPatrs, type Differences } from './dialect.ts';
import {
  flatUrl,
  legacyDeployment,
  tableDeployment,
  tableLogs,
  tableMachineTypes,
  tableRegion,
  tableRepository,
  tableTags,
} from './legacyShapes.ts';
import { record, rows } from './values.ts';

/** Volumes were part of a deployment, nobody asked for usage, and logs came in pages alone. */
const lacking: ReadonlySet<EndpointName> = new Set([
  'followLogs',
  // Its measurements have other names, and are told by pod.
  'getMetric',
  'getRegistryUsage',
  'listVolumes',
  'createVolume',
  'getVolume',
  'updateVolume',
  'deleteVolume',
]);

const ws = '/workspace/:workspaceId';
const deployments = `${ws}/infrastructure/deployment`;
const repositories = `${ws}/docker-registry`;
const regions = `${ws}/region`;

/** Everything about deployments stood below `infrastructure`. */
const moved = (name: EndpointName): string => endpoints[name].path.replace(`${ws}/deployment`, deployments);

const differences: Differences = {
  listDeployments: {
    path: deployments,
    answer: (answer) => ({ deployments: rows(record(answer)['deployments'], tableDeployment) }),
  },
  createDeployment: { path: deployments, body: legacyDeployment },
  listMachineTypes: {
    path: `${ws}/infrastructure/machine-type`,
    answer: (answer) => ({ machineTypes: tableMachineTypes(record(answer)['machineTypes']) }),
  },
  getDeployment: { path: moved('getDeployment'), answer: (answer) => tableDeployment(record(answer)) },
  updateDeployment: { path: moved('updateDeployment'), body: legacyDeployment },
  deleteDeployment: { path: moved('deleteDeployment') },
  startDeployment: { path: moved('startDeployment') },
  stopDeployment: { path: moved('stopDeployment') },
  listDeployHistory: { path: moved('listDeployHistory') },
  // It knows neither parts nor releases: the image alone goes back.
  revertDeployment: { path: moved('revertDeployment'), query: () => ({}) },
  getLogs: { path: moved('getLogs'), answer: tableLogs },

  listRepositories: {
    path: repositories,
    answer: (answer) => ({ repositories: rows(record(answer)['repositories'], tableRepository) }),
  },
  createRepository: { path: repositories, body: (body) => ({ repository: record(body)['name'] }) },
  getRepository: {
    path: `${repositories}/:repositoryId`,
    answer: (answer) => ({ repository: tableRepository(record(answer)) }),
  },
  listTags: { path: `${repositories}/:repositoryId/tag`, answer: tableTags },
  getImage: { path: `${repositories}/:repositoryId/image/:digestOrTag` },
  // The image is named in the query, where the table has it in the path.
  listExposedPorts: {
    path: `${repositories}/:repositoryId/exposed-ports`,
    query: (_, { params }) => ({ tag: params?.['digestOrTag'] }),
  },

  // The target stood beside the rest, not under a name of its own.
  createManagedUrl: { body: flatUrl },
  updateManagedUrl: { body: flatUrl },

  listRunners: {
    path: regions,
    answer: (answer) => ({ runners: rows(record(answer)['regions'], tableRegion) }),
  },
  getRunner: {
    path: `${regions}/:runnerId`,
    answer: (answer) => ({ runner: tableRegion(record(answer)) }),
  },
};

/** Patr as it was until February 2024, version 0.17. */
export const legacyDialect = dialectOf('legacy', (name) => isPatrs(name) && !lacking.has(name), differences);
