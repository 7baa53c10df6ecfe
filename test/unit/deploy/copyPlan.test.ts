import assert from 'node:assert/strict';
import fc from 'fast-check';
import { generations } from '../../../src/client/generations/dialect.ts';
import {
  nearestMachine,
  planCopy,
  type CopyDestination,
  type CopyOrigin,
  type CopyPlan,
} from '../../../src/deploy/copyPlan.ts';
import type { CopyNote } from '../../../src/protocol/panelCreate.ts';
import { declaresLimits } from '../../../src/protocol/shapes/trafficLimits.ts';
import type { DeploymentInfo, EnvValue } from '../../../src/protocol/shapes/deployment.ts';
import { aDeployment, machineTypeId, regionId } from '../../support/fakePatrState.ts';

const id = (digit: string): string => digit.repeat(32);
const [secretId, volumeId, theirRegion, theirMachine, theirSecret] = ['a', 'b', 'c', 'd', 'e'].map(id) as [
  string,
  string,
  string,
  string,
  string,
];

const anOrigin = (changes: Partial<DeploymentInfo> = {}, more: Partial<CopyOrigin> = {}): CopyOrigin => ({
  label: 'Local',
  generation: 'own',
  isLocal: true,
  hasRegistry: true,
  deployment: { ...aDeployment({ id: id('1'), name: 'web shop' }), ...changes } as DeploymentInfo,
  region: 'local',
  machineType: { id: machineTypeId, cpu_count: 1, memory_count: 2 },
  secrets: new Map([[secretId, 'db-password']]),
  volumes: new Map([[volumeId, { name: 'data', size: 5 }]]),
  managedUrls: [],
  registries: [],
  ...more,
});

const aDestination = (
  changes: Partial<CopyDestination> = {},
  choices: Partial<CopyDestination['choices']> = {},
): CopyDestination => ({
  label: 'acme',
  generation: 'current',
  isLocal: false,
  hasRegistry: true,
  hasVolumes: true,
  hasManagedUrls: true,
  choices: {
    regions: [{ id: theirRegion, name: 'Singapore', pricing: { kind: 'free', words: 'free' } }],
    machineTypes: [{ id: theirMachine, cpu_count: 1, memory_count: 2 }],
    repositories: [],
    volumes: [],
    secrets: [],
    takenNames: [],
    ...choices,
  },
  ...changes,
});

const said = ({ prefill: { notes = [] } }: CopyPlan, about: string): readonly CopyNote[] =>
  notes.filter((note) => note.about === about);
const kinds = (plan: CopyPlan, about: string): readonly string[] => said(plan, about).map(({ kind }) => kind);

const values = fc.dictionary(
  fc.stringMatching(/^[A-Z]{1,8}$/),
  fc.oneof(fc.string(), fc.constantFrom<EnvValue>({ fromSecret: secretId }, { fromSecret: id('9') })),
  { maxKeys: 5 },
);
const probes = fc.option(fc.record({ port: fc.constantFrom(80, 53, 9000), path: fc.constant('/up') }), {
  nil: undefined,
});
const deployments = fc.record({
  name: fc.stringMatching(/^[a-z]{4,80}$/),
  imageTag: fc.constantFrom('latest', 'V1'),
  status: fc.constantFrom('running', 'stopped', 'errored', 'created', 'deploying', 'unreachable', 'unknown'),
  ports: fc.dictionary(fc.constantFrom('80', '53'), fc.constantFrom('http', 'tcp', 'udp')),
  environmentVariables: values,
  startupProbe: probes,
  livenessProbe: probes,
  configMounts: fc.dictionary(fc.constantFrom('app.toml', 'ca.pem'), fc.constantFrom('', 'YWJj')),
  volumes: fc.dictionary(fc.constantFrom(volumeId, id('8')), fc.constantFrom('/data', '/cache')),
  trafficLimits: fc.constantFrom(undefined, {}, { maxBodyBytes: 1000 }),
  afterConfigChange: fc.constantFrom(undefined, { kind: 'nothing' }, { kind: 'restart' }),
  deployOnPush: fc.boolean(),
  pushesPaused: fc.boolean(),
  minHorizontalScale: fc.constantFrom(1, 2),
  maxHorizontalScale: fc.constantFrom(2, 9),
}) as fc.Arbitrary<Partial<DeploymentInfo>>;
const images = fc.constantFrom<object>(
  {},
  { repositoryId: undefined, registry: 'ghcr.io', imageName: 'team/web' },
  { repositoryId: undefined, registry: 'localhost:5000', imageName: 'team/web' },
);
const destinations = fc
  .record({
    generation: fc.constantFrom(...generations),
    hasRegistry: fc.boolean(),
    hasVolumes: fc.boolean(),
    secrets: fc.constantFrom<{ id: string; name: string }[] | undefined>(
      undefined,
      [],
      [{ id: theirSecret, name: 'db-password' }],
    ),
    machine: fc.constantFrom(1, 2, 8),
    regions: fc.boolean(),
    takenNames: fc.constantFrom<string[]>([], ['abcd']),
  })
  .map(({ secrets, machine, regions, takenNames, ...rest }): CopyDestination => {
    const all = aDestination(rest);
    const choices = {
      ...all.choices,
      machineTypes: [{ id: theirMachine, cpu_count: 1, memory_count: machine }],
      regions: regions ? all.choices.regions : [],
      takenNames,
    };
    const { secrets: _, ...without } = choices;
    return { ...all, choices: secrets === undefined ? without : { ...choices, secrets } };
  });

/** An image by its repository is one of its server's own, so what names another one has none. */
function origin(deployment: Partial<DeploymentInfo>, image: object): CopyOrigin {
  const made = anOrigin(deployment);
  const { repositoryId, ...rest } = { ...made.deployment, ...image } as Record<string, unknown>;
  const whole = repositoryId === undefined ? rest : { ...rest, repositoryId };
  return { ...made, deployment: whole as unknown as DeploymentInfo };
}

describe('the plan of a copy', () => {
  it('loses nothing without a word: what a field says is in the form, or in a note about the field', () => {
    fc.assert(
      fc.property(deployments, images, destinations, (deployment, image, to) => {
        const from = origin(deployment, image);
        const plan = planCopy(from, to);
        const { prefill } = plan;
        const now = from.deployment as unknown as Readonly<Record<string, unknown>>;
        const same = ['name', 'imageTag', 'ports', 'startupProbe', 'livenessProbe', 'configMounts'];
        const more = ['deployOnPush', 'minHorizontalScale', 'maxHorizontalScale', 'runner'];
        for (const field of [...same, ...more]) {
          const arrives = prefill[field as keyof typeof prefill];
          const carried = now[field] === undefined || isDeepEqual(arrives, now[field]);
          assert.ok(carried || said(plan, field).length > 0, `${field}: ${JSON.stringify(arrives)}`);
        }
        // Ids differ from server to server; what counts is the size.
        const [offered] = to.choices.machineTypes;
        assert.equal(said(plan, 'machineType').length, offered?.memory_count === 2 ? 0 : 1);
        const { environmentVariables = {}, wantedSecrets = [], newVolumes = [] } = prefill;
        for (const [name, value] of Object.entries(from.deployment.environmentVariables)) {
          const arrives = environmentVariables[name];
          const noted = said(plan, 'environmentVariables').some(({ words }) => words.startsWith(name));
          if (typeof value === 'string') assert.equal(arrives, value);
          else
            assert.ok(
              noted &&
                (arrives !== undefined || wantedSecrets.includes(name) || to.choices.secrets === undefined),
            );
        }
        const paths = Object.values(from.deployment.volumes);
        if (paths.length > 0) assert.deepEqual(kinds(plan, 'volumes'), ['leftOut']);
        if (to.hasVolumes)
          assert.deepEqual(
            newVolumes.map(({ path }) => path),
            paths,
          );
        const after = from.deployment.afterConfigChange;
        if (after !== undefined && after.kind !== 'nothing')
          assert.ok(
            isDeepEqual(prefill.afterConfigChange, after) || said(plan, 'afterConfigChange').length > 0,
          );
        const limits = from.deployment.trafficLimits;
        if (limits !== undefined && declaresLimits(limits))
          assert.ok(isDeepEqual(prefill.trafficLimits, limits) || said(plan, 'trafficLimits').length > 0);
        if (from.deployment.pushesPaused === true) assert.deepEqual(kinds(plan, 'pushesPaused'), ['leftOut']);
        assert.deepEqual(kinds(plan, 'history'), ['leftOut']);
        const named = 'imageName' in from.deployment && prefill.imageName === from.deployment.imageName;
        assert.ok(named || said(plan, 'registry').length > 0);
        for (const { words } of prefill.notes ?? []) assert.match(words, /^\S.*\.$/);
      }),
    );
  });

  it('never has an id of one server in what the other one is asked for', () => {
    fc.assert(
      fc.property(deployments, images, destinations, (deployment, image, to) => {
        const { notes: _, ...asked } = planCopy(origin(deployment, image), to).prefill;
        const text = JSON.stringify(asked);
        for (const own of [id('1'), regionId, machineTypeId, secretId, volumeId])
          assert.ok(!text.includes(own), text);
        assert.equal(asked.repositoryId, undefined);
      }),
    );
  });

  it('gives a variable the secret of the same name, and asks for every other one', () => {
    const environmentVariables = { DB: { fromSecret: secretId }, KEY: { fromSecret: id('9') }, MODE: 'prod' };
    const from = anOrigin({ environmentVariables });
    const own = [{ id: theirSecret, name: 'db-password' }];
    const plan = planCopy(from, aDestination({}, { secrets: own }));
    assert.deepEqual(plan.prefill.environmentVariables, { DB: { fromSecret: theirSecret }, MODE: 'prod' });
    assert.deepEqual(plan.prefill.wantedSecrets, ['KEY']);
    assert.deepEqual(kinds(plan, 'environmentVariables'), ['changed', 'toDo']);
    const { secrets: _, ...none } = aDestination().choices;
    const without = planCopy(from, { ...aDestination(), choices: none });
    assert.deepEqual(without.prefill.environmentVariables, { MODE: 'prod' });
    assert.deepEqual(kinds(without, 'environmentVariables'), ['leftOut', 'leftOut']);
  });

  it('copies an image that its registry alone has, and names every other one again', () => {
    assert.equal(planCopy(anOrigin(), aDestination()).image.kind, 'copied');
    assert.equal(planCopy(anOrigin(), aDestination({ hasRegistry: false })).image.kind, 'none');
    assert.equal(planCopy(anOrigin({}, { hasRegistry: false }), aDestination()).image.kind, 'none');
    const named = origin({}, { repositoryId: undefined, registry: 'ghcr.io', imageName: 'team/web' });
    const plan = planCopy({ ...named, registries: ['ghcr.io'] }, aDestination());
    assert.deepEqual([plan.image.kind, plan.prefill.registry], ['named', 'ghcr.io']);
    assert.match(said(plan, 'registry')[0]?.words ?? '', /signs in to ghcr\.io.* public/);
    const here = origin({}, { repositoryId: undefined, registry: '127.0.0.1:5000', imageName: 'team/web' });
    assert.equal(planCopy(here, aDestination()).image.kind, 'copied');
    assert.equal(planCopy(here, aDestination({ isLocal: true, generation: 'own' })).image.kind, 'named');
  });

  it('chooses the nearest machine type: the same, else the smallest that is enough, else the largest', () => {
    const of = (cpu_count: number, memory_count: number) => ({
      id: `${cpu_count}/${memory_count}`,
      cpu_count,
      memory_count,
    });
    const offered = [of(4, 16), of(1, 4), of(2, 4), of(1, 2)];
    assert.equal(nearestMachine(of(2, 4), offered)?.id, '2/4');
    assert.equal(nearestMachine(of(1, 3), offered)?.id, '1/4');
    assert.equal(nearestMachine(of(2, 3), offered)?.id, '2/4');
    assert.equal(nearestMachine(of(8, 64), offered)?.id, '4/16');
    assert.equal(nearestMachine(undefined, offered)?.id, '1/2');
    assert.equal(nearestMachine(of(1, 1), []), undefined);
  });

  it('leaves out what the rewrite cannot keep, and does not start what is stopped', () => {
    const from = anOrigin({
      ports: { 80: 'http', 53: 'udp' },
      startupProbe: { port: 53, path: '/' },
      status: 'stopped',
    });
    const plan = planCopy(from, aDestination({ generation: 'rewrite' }));
    assert.deepEqual(plan.prefill.ports, { 80: 'http' });
    assert.deepEqual([plan.prefill.startupProbe, plan.prefill.deployOnCreate], [undefined, false]);
    assert.deepEqual([...kinds(plan, 'ports'), ...kinds(plan, 'startupProbe')], ['leftOut', 'leftOut']);
  });
});

function isDeepEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
