import assert from 'node:assert/strict';
import fc from 'fast-check';
import { configOf } from '../../../../src/control-plane/adoption/decide.ts';
import { recordFrom, recordText } from '../../../../src/control-plane/adoption/record.ts';
import { recordOf } from '../../../../src/control-plane/adoption/recordOf.ts';
import type { Deployment, ReleaseConfig } from '../../../../src/control-plane/domain.ts';
import { containerSpecOf } from '../../../../src/control-plane/executors/containerSpec.ts';
import { environmentOf } from '../../../../src/control-plane/executors/environment.ts';
import { remainingInstance } from '../../../../src/control-plane/executors/remains.ts';
import { machineTypes } from '../../../../src/control-plane/state/seed.ts';
import { digestOf } from '../../../support/fakeRegistry.ts';
import { aRecord, idOf } from '../../../support/remains.ts';

const injected = new Set(['PATR', 'WORKSPACE_ID', 'DEPLOYMENT_ID', 'DEPLOYMENT_NAME', 'CONFIG_MAP_HASH']);
const uuid = fc.stringMatching(/^[0-9a-f]{32}$/);
const variable = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,20}$/)
  .filter((name) => !injected.has(name) && !['constructor', 'prototype', '__proto__'].includes(name));
const raw = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
const port = fc.integer({ min: 1, max: 65_535 });
const plain = { noNullPrototype: true };
const probe = fc.option(fc.record({ port, path: fc.constant('/healthz') }, plain), { nil: undefined });

const config: fc.Arbitrary<ReleaseConfig> = fc.record(
  {
    ports: fc.dictionary(port.map(String), fc.constantFrom('http', 'tcp', 'udp'), { minKeys: 1, ...plain }),
    environment: fc.dictionary(variable, fc.oneof(raw, fc.record({ fromSecret: uuid }, plain)), plain),
    startupProbe: probe,
    livenessProbe: probe,
    volumes: fc.dictionary(uuid, fc.constant('/data'), plain),
    machineTypeId: fc.constantFrom(...machineTypes.map(({ id }) => id)),
  },
  plain,
);

const deployment: fc.Arbitrary<Deployment> = fc.record(
  {
    id: uuid,
    workspaceId: uuid,
    name: fc.stringMatching(/^[a-zA-Z0-9._-][a-zA-Z0-9._ -]{2,30}[a-zA-Z0-9._-]$/),
    source: fc.oneof(
      fc.constant({ registry: 'docker.io', imageName: 'library/nginx' } as const),
      fc.record({ registry: fc.constant('registry.patr.cloud' as const), repositoryId: uuid }, plain),
    ),
    imageTag: fc.constant('latest'),
    regionId: uuid,
    machineTypeId: fc.constant(machineTypes[0]!.id),
    deployOnPush: fc.boolean(),
    minScale: fc.integer({ min: 1, max: 256 }),
    maxScale: fc.integer({ min: 1, max: 256 }),
    intent: fc.constant('running' as const),
    config,
    targetReleaseId: fc.constant(undefined),
    scale: fc.constant(1),
    afterConfigChange: fc.constantFrom({ kind: 'nothing' }, { kind: 'signal', signal: 'SIGHUP' }),
    trafficLimits: fc.constantFrom({}, { maxBodyBytes: null, maxRequestsPerSecond: 20 }),
    pushesPaused: fc.boolean(),
    revision: fc.constant(1),
    createdAt: fc.nat(),
    updatedAt: fc.constant(1),
  },
  plain,
);

/** The container that an instance of it is, as the engine shows it: with the variables of the image among its own. */
function containerFor(wanted: Deployment, secretText: string) {
  const { environment } = wanted.config;
  const own = Object.entries(environment).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : secretText,
  ]);
  const secrets = Object.entries(environment).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [[name, { id: value.fromSecret, name: 'a secret' }]],
  );
  const spec = containerSpecOf(
    {
      instanceId: 'abc123',
      deploymentId: wanted.id,
      deploymentName: wanted.name,
      workspaceId: wanted.workspaceId,
      releaseId: idOf('1'),
      releaseNumber: 7,
      ordinal: 2,
      restarts: 0,
      image: `127.0.0.1:7050/w/shop@${digestOf(1)}`,
      environment: environmentOf({
        workspaceId: wanted.workspaceId,
        deploymentId: wanted.id,
        deploymentName: wanted.name,
        own: Object.fromEntries(own) as Record<string, string>,
        configFiles: new Map(),
      }),
      cpus: 1,
      memoryBytes: 1,
      hasConfig: false,
      volumes: wanted.config.volumes,
      published: [],
      volumeFacts: {},
      record: recordOf({ deployment: wanted, hostLabel: 'shop' }, wanted, {
        repositoryName: 'team/shop',
        hasConfig: false,
        secrets: Object.fromEntries(secrets) as Record<string, { id: string; name: string }>,
      }),
    },
    { region: 'local', network: 'n', configFolder: undefined },
  );
  return {
    id: 'c',
    name: spec.name,
    labels: spec.labels,
    image: spec.image,
    state: 'running',
    createdAt: 99,
    addresses: {},
    ports: [],
    mounts: [],
    environment: ['PATH=/usr/bin', 'NODE_VERSION=24', ...spec.environment],
  } as const;
}

describe('what an instance takes along', () => {
  it('is enough to have its deployment and configuration back, whatever they are', () => {
    fc.assert(
      fc.property(deployment, (wanted) => {
        const found = remainingInstance(containerFor(wanted, 'hidden-value-of-a-secret'));
        assert.ok(found !== undefined);
        assert.deepEqual(configOf(found), wanted.config);
        const { record, environment: _environment, ...rest } = found;
        assert.deepEqual(rest, {
          workspaceId: wanted.workspaceId,
          deploymentId: wanted.id,
          deploymentName: wanted.name,
          releaseId: idOf('1'),
          releaseNumber: 7,
          ordinal: 2,
          digest: digestOf(1),
          running: true,
          createdAt: 99,
        });
        for (const name of [
          'source',
          'imageTag',
          'regionId',
          'deployOnPush',
          'pushesPaused',
          'minScale',
          'maxScale',
          'createdAt',
        ] as const) {
          assert.deepEqual(record[name], wanted[name]);
        }
      }),
    );
  });

  it('has no value of a variable in it, raw or secret', () => {
    fc.assert(
      fc.property(deployment, (wanted) => {
        const environment = {
          ...wanted.config.environment,
          RAW: 'raw-value-of-it',
          KEY: { fromSecret: idOf('5') },
        };
        const filled = { ...wanted, config: { ...wanted.config, environment } };
        const labels = JSON.stringify(containerFor(filled, 'hidden-value-of-a-secret').labels);
        assert.doesNotMatch(labels, /hidden-value|raw-value/);
      }),
    );
  });

  it('is not read from labels that say something else, too little, or come from a later version', () => {
    const whole = containerFor(fc.sample(deployment, 1)[0]!, 'x');
    assert.ok(remainingInstance(whole) !== undefined);
    const wrong: Record<string, string> = {
      'cloud.patr.deployment': '../../etc',
      'cloud.patr.deployment-name': 'x',
      'cloud.patr.release': 'no id',
      'cloud.patr.release-number': '-1',
      'cloud.patr.ordinal': '1e3',
      'cloud.patr.record': '{"version":1}',
    };
    for (const [name, value] of Object.entries(wrong)) {
      assert.equal(
        remainingInstance({ ...whole, labels: { ...whole.labels, [name]: value } }),
        undefined,
        name,
      );
      const { [name]: _gone, ...fewer } = whole.labels;
      assert.equal(remainingInstance({ ...whole, labels: fewer }), undefined, name);
    }
    assert.equal(recordFrom('no JSON'), undefined);
    assert.equal(recordFrom(recordText(aRecord()).replace('"version":1', '"version":2')), undefined);
    assert.deepEqual(recordFrom(recordText(aRecord())), aRecord());
  });
});
