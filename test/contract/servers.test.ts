import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { NotOffered } from '../../src/client/errors.ts';
import { openServer, type Server } from '../../src/client/server.ts';
import { openSocket } from '../../src/client/socket.ts';
import { isProblem, type ProblemCode } from '../../src/protocol/problems.ts';
import type { CreateDeploymentInput } from '../../src/protocol/shapes/deployment.ts';
import { parseTimestamp } from '../../src/protocol/wire.ts';
import { digestOf } from '../support/fakeRegistry.ts';
import { openServerOf, type OpenedServer } from '../support/patr/servers.ts';

const unknownId = 'f'.repeat(32);

for (const [generation, open] of Object.entries(openServerOf)) {
  describe(`a client of ${generation === 'own' ? 'our control plane' : `Patr's ${generation} generation`}`, () => {
    let opened: OpenedServer;
    let server: Server;
    let workspaceId: string;
    let runner: string;
    let machineType: string;

    const connection = (token = opened.token) => ({
      url: opened.url,
      token,
      fetch,
      userAgent: 'patr-deployments/test',
      clock: systemClock,
      chance: () => 0,
      timeoutMs: 20_000,
      openSocket,
    });

    beforeEach(async () => {
      opened = await open();
      server = await openServer(connection());
      const { api } = server;
      const { workspaces } = await api.listWorkspaces();
      workspaceId = workspaces[0]!.id;
      const { runners } = await api.listRunners({ params: { workspaceId } });
      runner = runners.find(({ connected }) => connected)!.id;
      const { machineTypes } = await api.listMachineTypes({ params: { workspaceId } });
      assert.ok(
        machineTypes.every(({ cpu_count: cpus, memory_count: quarters }) => cpus >= 1 && quarters >= 1),
      );
      machineType = machineTypes[0]!.id;
    });
    afterEach(() => opened.close());

    const at = (deploymentId: string) => ({ params: { workspaceId, deploymentId } });
    const get = (id: string) => server.api.getDeployment(at(id));

    async function create(changes: Partial<CreateDeploymentInput> = {}): Promise<string> {
      const body = {
        name: 'shop api',
        registry: 'docker.io',
        imageName: 'library/nginx',
        imageTag: '1.27',
        runner,
        machineType,
        deployOnPush: false,
        deployOnCreate: true,
        minHorizontalScale: 1,
        maxHorizontalScale: 3,
        ports: { 80: 'http' },
        ...changes,
      } as CreateDeploymentInput;
      return (await server.api.createDeployment({ params: { workspaceId }, body })).id;
    }

    async function refused(call: Promise<unknown>, code: ProblemCode): Promise<void> {
      await assert.rejects(call, (error) => isProblem(error, code), code);
    }

    /** Works where the server has it, and says that it is not offered everywhere else. */
    async function orNotOffered(
      name: Parameters<Server['backend']['answers']>[0],
      call: () => Promise<void>,
    ) {
      if (server.backend.answers(name)) return await call();
      const asked = opened.asked.length;
      await assert.rejects(call, NotOffered);
      assert.equal(opened.asked.length, asked, 'it was asked for all the same');
    }

    it('is known for what it is', async () => {
      assert.equal(server.backend.generation, generation);
      const user = await server.api.getCurrentUser();
      assert.notEqual(parseTimestamp(user.created), undefined);
    });

    it('tells a token that it does not know from one that is none', async () => {
      await refused(openServer(connection(`patrv1.${unknownId}.${unknownId}`)), 'authorizationTokenInvalid');
      await refused(openServer(connection('eyJ0eXAi.x.y')), 'malformedApiToken');
    });

    it('gives back what was created, and where it answers', async () => {
      const id = await create({
        environmentVariables: { MODE: 'prod' },
        startupProbe: { port: 80, path: '/ready' },
        configMounts: { 'app.toml': 'cG9ydCA9IDgwCg==' },
      });
      const made = await get(id);
      assert.deepEqual(made.ports, { 80: 'http' });
      assert.deepEqual(made.environmentVariables, { MODE: 'prod' });
      assert.deepEqual(made.startupProbe, { port: 80, path: '/ready' });
      assert.deepEqual(made.configMounts, { 'app.toml': 'cG9ydCA9IDgwCg==' });
      assert.deepEqual([made.runner, made.machineType], [runner, machineType]);
      const [address] = made.addresses ?? [];
      assert.equal(address?.port, 80);
      const url = generation === 'own' ? /^http:\/\/shop-api\.localhost/ : `https://80-${id}.onpatr.cloud`;
      assert.match(address?.url ?? '', new RegExp(url));
    });

    it('keeps the probes that an update does not speak of, and takes away the one that it shall', async () => {
      const probes = { startupProbe: { port: 80, path: '/a' }, livenessProbe: { port: 80, path: '/b' } };
      const id = await create(probes);
      await server.api.updateDeployment({ ...at(id), body: { maxHorizontalScale: 5 } });
      const kept = await get(id);
      assert.deepEqual(
        [kept.maxHorizontalScale, kept.startupProbe?.path, kept.livenessProbe?.path],
        [5, '/a', '/b'],
      );
      await server.api.updateDeployment({ ...at(id), body: { livenessProbe: { port: 0, path: '/' } } });
      const left = await get(id);
      assert.deepEqual([left.startupProbe?.path, left.livenessProbe ?? undefined], ['/a', undefined]);
    });

    it('replaces maps as a whole', async () => {
      const id = await create({ environmentVariables: { A: '1', B: '2' } });
      const body = { environmentVariables: { B: '3' }, ports: { 8080: 'http' as const } };
      await server.api.updateDeployment({ ...at(id), body });
      const { environmentVariables, ports } = await get(id);
      assert.deepEqual([environmentVariables, ports], [{ B: '3' }, { 8080: 'http' }]);
    });

    it('reads a list to its end, each row once', async () => {
      const names = Array.from({ length: 205 }, (_, number) => `shop ${number}`);
      for (const name of names) await create({ name });
      const all = server.api.pages(
        'listDeployments',
        { params: { workspaceId } },
        ({ deployments }) => deployments,
      );
      const seen = (await Array.fromAsync(all)).map(({ name }) => name);
      assert.deepEqual(seen.toSorted(), names.toSorted());
    });

    it('starts, restarts, stops and deletes', async () => {
      const id = await create({ deployOnCreate: false });
      await server.api.startDeployment(at(id));
      await server.api.startDeployment({ ...at(id), query: { forceRestart: true } });
      await server.api.stopDeployment(at(id));
      // Of one on which nothing was ever seen to run it may say that nothing was.
      assert.match((await get(id)).status, /^(stopped|created)$/);
      await server.api.deleteDeployment(at(id));
      await refused(get(id), 'resourceDoesNotExist');
    });

    it('says of what is not there that it is not there', async () => {
      await refused(get(unknownId), 'resourceDoesNotExist');
      await refused(server.api.deleteDeployment(at(unknownId)), 'resourceDoesNotExist');
    });

    it('says that a name is taken', async () => {
      await create();
      await refused(create({ name: 'SHOP API' }), 'resourceAlreadyExists');
      const other = await create({ name: 'other' });
      await refused(
        server.api.updateDeployment({ ...at(other), body: { name: 'shop api' } }),
        'resourceAlreadyExists',
      );
    });

    it('reads the whole history of images, each once and newest first', async () => {
      const id = await create();
      if (opened.ran === undefined) return;
      const digests = Array.from({ length: 60 }, (_, number) => digestOf(100 + number));
      opened.ran(id, digests);
      const all = server.api.pages('listDeployHistory', at(id), ({ deploys }) => deploys);
      const seen = await Array.fromAsync(all);
      assert.deepEqual(
        seen.map(({ imageDigest }) => imageDigest),
        digests.toReversed(),
      );
      assert.ok(seen.every(({ created }) => parseTimestamp(created) !== undefined));
    });

    it('goes back to an earlier image', async () => {
      const id = await create();
      await orNotOffered('revertDeployment', async () => {
        if (opened.ran === undefined) return;
        opened.ran(id, [digestOf(1), digestOf(2)]);
        const params = { workspaceId, deploymentId: id, digest: digestOf(1) };
        await server.api.revertDeployment({ params });
        assert.equal((await get(id)).currentLiveDigest, digestOf(1));
      });
      if (!server.backend.answers('revertDeployment')) return;
      const params = { workspaceId, deploymentId: id, digest: digestOf(9) };
      await refused(server.api.revertDeployment({ params }), 'resourceDoesNotExist');
    });

    it('keeps repositories', async () => {
      await orNotOffered('createRepository', async () => {
        const { api } = server;
        const { id } = await api.createRepository({ params: { workspaceId }, body: { name: 'shop' } });
        const { repositories } = await api.listRepositories({ params: { workspaceId } });
        assert.deepEqual(
          repositories.map((one) => [one.id, one.name, parseTimestamp(one.created) !== undefined]),
          [[id, 'shop', true]],
        );
        const params = { workspaceId, repositoryId: id };
        assert.equal((await api.getRepository({ params })).repository.name, 'shop');
        await refused(
          api.createRepository({ params: { workspaceId }, body: { name: 'shop' } }),
          'resourceAlreadyExists',
        );
        assert.deepEqual((await api.listTags({ params })).tags, []);
        await refused(api.listExposedPorts({ params: { ...params, digestOrTag: 'none' } }), 'tagNotFound');
        const deploymentId = await create({ registry: 'registry.patr.cloud', repositoryId: id } as object);
        await refused(api.deleteRepository({ params }), 'resourceInUse');
        await api.deleteDeployment(at(deploymentId));
        await api.deleteRepository({ params });
        assert.deepEqual((await api.listRepositories({ params: { workspaceId } })).repositories, []);
      });
    });

    it('tells machine types and tags in one form, however a generation writes them', async () => {
      const { double } = opened;
      if (double === undefined) return;
      const { machineTypes } = await server.api.listMachineTypes({ params: { workspaceId } });
      // Half a gigabyte, in quarters.
      assert.deepEqual(machineTypes, [{ id: machineType, cpu_count: 1, memory_count: 2 }]);
      const tags = new Map([['latest', digestOf(1)]]);
      double.world.repositories.push({ id: unknownId, name: 'shop', tags });
      const given = { params: { workspaceId, repositoryId: unknownId } };
      await orNotOffered('listTags', async () => {
        const [tag] = (await server.api.listTags(given)).tags;
        assert.deepEqual([tag?.tag, tag?.digest], ['latest', digestOf(1)]);
        assert.equal(parseTimestamp(tag?.last_updated ?? ''), 1_700_000_000_000);
      });
    });

    it('keeps secrets, and never gives their values back', async () => {
      await orNotOffered('createSecret', async () => {
        const { api } = server;
        const made = await api.createSecret({
          params: { workspaceId },
          body: { name: 'db url', value: 'hunter2' },
        });
        const { secrets } = await api.listSecrets({ params: { workspaceId } });
        assert.deepEqual(
          secrets.map(({ id, name }) => [id, name]),
          [[made.id, 'db url']],
        );
        assert.doesNotMatch(JSON.stringify(secrets), /hunter2/);
        const id = await create({ environmentVariables: { DB_URL: { fromSecret: made.id } } });
        assert.deepEqual((await get(id)).environmentVariables, { DB_URL: { fromSecret: made.id } });
      });
    });

    it('keeps domains and managed URLs', async () => {
      const id = await create();
      await orNotOffered('addDomain', async () => {
        const { api } = server;
        const domain = { domain: 'example.com', nameserverType: 'external' as const };
        const { id: domainId } = await api.addDomain({ params: { workspaceId }, body: domain });
        const { domains } = await api.listDomains({ params: { workspaceId } });
        assert.deepEqual(
          domains.map((one) => [one.id, one.name, one.isVerified]),
          [[domainId, 'example.com', false]],
        );
        const place = { subDomain: 'api', domainId, path: '/' };
        const target = { type: 'proxyDeployment' as const, deploymentId: id, port: 80 };
        const body = { ...place, urlType: target };
        const { id: managedUrlId } = await api.createManagedUrl({ params: { workspaceId }, body });
        await refused(api.createManagedUrl({ params: { workspaceId }, body }), 'resourceAlreadyExists');
        const [made] = (await api.listManagedUrls({ params: { workspaceId } })).urls;
        assert.deepEqual({ ...made, ...place, ...target, id: managedUrlId }, made);
        const params = { workspaceId, managedUrlId };
        const to = {
          type: 'redirect' as const,
          url: 'example.org',
          permanentRedirect: true,
          httpOnly: false,
        };
        await api.updateManagedUrl({ params, body: { path: '/old', urlType: to } });
        const [changed] = (await api.listManagedUrls({ params: { workspaceId } })).urls;
        assert.deepEqual({ ...changed, ...to, path: '/old' }, changed);
        await refused(api.deleteDomain({ params: { workspaceId, domainId } }), 'resourceInUse');
        await api.deleteManagedUrl({ params });
      });
      assert.deepEqual((await server.api.listManagedUrls({ params: { workspaceId } })).urls, []);
    });

    it('reads what was printed, and follows it', async () => {
      const id = await create();
      if (generation === 'rewrite') return await refused(server.api.getLogs(at(id)), 'internalServerError');
      const { logs } = await server.api.getLogs(at(id));
      assert.ok(logs.every(({ timestamp }) => parseTimestamp(timestamp) !== undefined));
      const { logs: found } = await server.api.getLogs({ ...at(id), query: { search: 'listening' } });
      assert.equal(found.length, opened.double === undefined ? 0 : 1);
      await orNotOffered('followLogs', async () => {
        const query = { startTime: '1970-01-01 00:00:00.0 +00:00:00' };
        const stream = server.api.followLogs({ ...at(id), query });
        // Empty once it is open.
        assert.deepEqual((await stream.next()).value, []);
        if (opened.double !== undefined) {
          const [first] = (await stream.next()).value ?? [];
          assert.equal(first?.log, 'listening on 8080');
          assert.notEqual(parseTimestamp(first.timestamp), undefined);
          // As the generation before meant to tag its frames.
          opened.double.tell({ LogData: { logs: [{ timestamp: 0, log: 'more' }] } });
          assert.deepEqual((await stream.next()).value, [{ timestamp: 0, log: 'more' }]);
        }
        await stream.return(undefined);
        await refused(Array.fromAsync(server.api.followLogs(at(unknownId))), 'resourceDoesNotExist');
      });
    });

    it('tells figures, one at a time', async () => {
      const id = await create();
      await orNotOffered('getMetric', async () => {
        const params = { workspaceId, deploymentId: id, metric: 'memory_used' };
        const { dataPoints } = await server.api.getMetric({ params });
        assert.ok(dataPoints.every(({ timestamp }) => parseTimestamp(timestamp) !== undefined));
        if (opened.double !== undefined)
          assert.deepEqual(
            dataPoints.map(({ value }) => value),
            ['64000000', null],
          );
      });
    });

    it('is read on though a status or a kind of URL is newer than the client', async () => {
      const id = await create();
      const { double } = opened;
      if (double === undefined) return;
      double.world.deployment(id)!.status = 'hibernating';
      const shown = await get(id);
      assert.deepEqual([shown.status, shown.statusWord], ['unknown', 'hibernating']);
      const url = { id: unknownId, subDomain: '@', domainId: unknownId, path: '/', isConfigured: true };
      double.world.urls.push({ ...url, type: 'proxyMoon' });
      const { urls } = await server.api.listManagedUrls({ params: { workspaceId } });
      assert.deepEqual(
        urls.map(({ type }) => type),
        ['unknown'],
      );
    });

    it('keeps volumes, and knows who mounts one', async () => {
      await orNotOffered('createVolume', async () => {
        const { api } = server;
        const { id } = await api.createVolume({ params: { workspaceId }, body: { name: 'data', size: 2 } });
        const params = { workspaceId, volumeId: id };
        await refused(api.updateVolume({ params, body: { size: 1 } }), 'cannotReduceVolumeSize');
        const deploymentId = await create({ volumes: { [id]: '/data' }, maxHorizontalScale: 1 });
        assert.equal((await api.getVolume({ params })).deploymentId, deploymentId);
        await refused(api.deleteVolume({ params }), 'resourceInUse');
      });
    });
  });
}
