import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  isBuildFailure,
  type BuildFailure,
  type BuildProgress,
  type BuildWanted,
} from '../../src/docker/engine.ts';
import { buildImage } from '../../src/image/buildImage.ts';
import { openTestEngine, testImages, type TestEngine } from '../support/engine.ts';

const run = promisify(execFile);
const builders = ['buildKit', 'classic'] as const;

/** One file of each kind that ignore files of people are about. */
const tree = [
  'README.md',
  'src/README.md',
  'src/app.js',
  'src/app.test.js',
  'src/deep/er/x.js',
  'src/deep/er/x.log',
  'node_modules/a/index.js',
  'packages/b/node_modules/c/index.js',
  'packages/b/package.json',
  '.env',
  '.git/HEAD',
  '.github/workflow.yml',
  'dist/out.js',
  'dist/keep/this.txt',
  'with space/file',
  'a+b(c).txt',
  'constructor',
  'logs/1.log',
  'logs/2.txt',
];

const corpus: readonly string[] = [
  'node_modules\n.git\n.env*\n',
  '**/node_modules\n**/*.log\n!src/deep/er/x.log\n',
  '*\n!src\n!packages/b/package.json\nsrc/**/*.test.js\n',
  '*.md\n!README.md\n# comment\n\n/dist/\n!dist/keep\n',
  '!src\nsrc\n**/README.md\nwith space\n',
  'src/*\n!src/deep\nsrc/deep/er/*.log\nconstructor\n',
  'a+b(c).txt\n[a-d]ist\nlogs/?.log\n',
  '**\n!logs/2.txt\n',
  './src/../dist\npackages/*/node_modules\n',
];

describe('a build', () => {
  let test: TestEngine;
  let folder = '';
  const put = async (path: string, content = path): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const build = (
    builder: (typeof builders)[number],
    { signal, ...wanted }: Partial<BuildWanted> & { signal?: AbortSignal } = {},
  ): AsyncIterable<BuildProgress> => {
    const common = {
      tags: [`${test.prefix}:1`],
      labels: test.labels,
      buildArguments: {},
      dockerfile: 'Dockerfile',
    };
    const waiting = signal === undefined ? {} : { signal };
    return buildImage(test.engine, { folder, builder, ...common, ...wanted }, waiting);
  };
  const dockerfile = (...lines: string[]): Promise<void> =>
    put('Dockerfile', [`FROM ${testImages().busybox}`, ...lines, ''].join('\n'));
  const failure = async (builder: (typeof builders)[number]): Promise<BuildFailure> => {
    const [outcome] = await Promise.allSettled([Array.fromAsync(build(builder))]);
    assert.ok(outcome?.status === 'rejected' && isBuildFailure(outcome.reason), String(outcome?.status));
    return outcome.reason;
  };
  const printed = (events: readonly BuildProgress[]): string =>
    events.map((event) => (event.kind === 'output' ? event.text : '')).join('');
  const states = (events: readonly BuildProgress[], words: string): string[] =>
    events.flatMap((event) => (event.kind === 'step' && event.name.includes(words) ? [event.state] : []));

  before(async () => {
    test = await openTestEngine();
  });
  after(() => test.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'patr-build-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const builder of builders) {
    describe(`with ${builder}`, () => {
      it('tells its steps, what they print, and the image', async () => {
        const mark = String(process.hrtime.bigint());
        await dockerfile('ARG WHO', `RUN echo hello $WHO ${mark} é`, 'EXPOSE 8080');
        const events = await Array.fromAsync(build(builder, { buildArguments: { WHO: 'you' } }));
        const last = events.at(-1);
        const image = await test.engine.inspectImage(`${test.prefix}:1`);
        assert.ok(last?.kind === 'built' && image !== 'absent');
        assert.match(printed(events), new RegExp(`hello you ${mark} é`));
        assert.deepEqual(states(events, 'RUN echo'), ['started', 'finished']);
        assert.deepEqual(image.exposedPorts, [{ port: 8080, protocol: 'tcp' }]);
        assert.equal(image.labels['cloud.patr.test'], test.prefix);
        assert.equal(image.id, last.imageId);
      });

      it('takes unchanged steps from the cache, whatever the times of the files', async () => {
        await dockerfile('COPY . /w', `RUN echo ${process.hrtime.bigint()}`);
        await put('file');
        await Array.fromAsync(build(builder));
        await utimes(join(folder, 'file'), 1000, 1000);
        const events = await Array.fromAsync(build(builder));
        assert.equal(states(events, 'COPY').at(-1), 'cached');
        assert.equal(states(events, 'RUN').at(-1), 'cached');
      });

      it('keeps modes, links and times', async () => {
        await dockerfile(
          'COPY . /w',
          'RUN stat -c "%a %n" /w/run.sh && readlink /w/link && date -u -r /w/run.sh +%s',
        );
        await put('run.sh', '#!/bin/sh\n');
        await chmod(join(folder, 'run.sh'), 0o750);
        await utimes(join(folder, 'run.sh'), 1_000_000, 1_000_000);
        await symlink('run.sh', join(folder, 'link'));
        const events = await Array.fromAsync(build(builder, { noCache: true }));
        assert.equal(printed(events).trim(), '750 /w/run.sh\nrun.sh\n1000000');
      });

      it('that fails says which step, on which line, and its last words', async () => {
        await dockerfile(
          '# comment',
          'RUN echo one && \\',
          '    echo last words && exit 3',
          'RUN echo never',
        );
        const told = await failure(builder);
        assert.match(told.step ?? '', /RUN echo one/);
        assert.equal(told.line, 3);
        assert.deepEqual(told.output, ['one', 'last words']);
        assert.match(told.message, /3/);
      });

      it('of what is no Dockerfile says the line', async () => {
        await dockerfile('FOO bar');
        assert.equal((await failure(builder)).line, 2);
      });

      it('that copies what is not there says the line', async () => {
        await dockerfile('COPY none /none');
        assert.equal((await failure(builder)).line, 2);
      });

      it('on a base image that cannot be had says the line', async () => {
        await put('Dockerfile', 'ARG A\nFROM 127.0.0.1:9/none:1\n');
        assert.equal((await failure(builder)).line, 2);
      });

      it('stops when it is given up', async () => {
        const stop = new AbortController();
        const mark = String(process.hrtime.bigint());
        await dockerfile(`RUN echo begun ${mark} && sleep 300`);
        const building = (async () => {
          for await (const event of build(builder, { signal: stop.signal })) {
            if (event.kind === 'output') stop.abort();
          }
        })();
        await assert.rejects(building, { name: 'AbortError' });
      });
    });
  }

  for (const [index, ignore] of corpus.entries()) {
    it(`sends what the docker command line sends, by ignore file ${index + 1}`, async () => {
      for (const path of tree) await put(path);
      await put('.dockerignore', ignore);
      // Printed by the last step, so that each builder shows what has reached it.
      const list = 'RUN cd /w && find . -type f -o -type l | sort | sed "s/^/file /"';
      await dockerfile(`ARG RUN_ID`, 'COPY . /w/', list);
      const mark = String(process.hrtime.bigint());
      const arguments_ = [
        'build',
        '--no-cache',
        '--build-arg',
        `RUN_ID=${mark}`,
        '--label',
        `cloud.patr.test=${test.prefix}`,
        '.',
      ];
      const byHand = await run('docker', arguments_, {
        cwd: folder,
        env: { ...process.env, DOCKER_BUILDKIT: '0' },
      });
      for (const builder of builders) {
        const events = await Array.fromAsync(build(builder, { noCache: true }));
        assert.deepEqual(listed(printed(events)), listed(byHand.stdout), builder);
      }
    });
  }
});

/** The two files that a builder needs go along in any case; whether it hides them again is its own affair. */
function listed(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('file ') && !/\.\/(Dockerfile|\.dockerignore)$/.test(line));
}
