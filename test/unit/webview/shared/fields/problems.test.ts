import assert from 'node:assert/strict';
import { decode } from '../../../../../src/protocol/decode.ts';
import { createWish } from '../../../../../src/protocol/panelCreate.ts';
import { limitsDraft, type Draft } from '../../../../../webview/shared/fields/draft.ts';
import {
  fieldOf,
  problemsOf,
  sectionOf,
  shownProblems,
  wholeForm,
} from '../../../../../webview/shared/fields/problems.ts';
import { wishOf } from '../../../../../webview/shared/fields/wish.ts';
import { aDraft, someChoices } from './drafts.ts';

const problems = (changes: Partial<Draft>): Record<string, string> =>
  Object.fromEntries(problemsOf(aDraft(changes), someChoices));
const secretId = '5'.repeat(32);

describe('the problems of a draft', () => {
  it('are none when it can be sent', () => {
    assert.deepEqual(problems({}), {});
    assert.ok(decode(createWish, wishOf(aDraft())).ok);
  });

  it('say in words what is not filled in, never that an id or a number is malformed', () => {
    assert.deepEqual(
      problems({ name: '', repositoryId: '', region: '', machine: '', tag: ' ', min: '', ports: [] }),
      {
        name: 'must be filled in',
        repository: 'must be chosen',
        region: 'must be chosen',
        machine: 'must be chosen',
        tag: 'must be filled in',
        min: 'must be a whole number',
        ports: 'must have at least one port',
      },
    );
  });

  it('say of a limit what is wrong with it in the unit that it is typed in', () => {
    const own = (value: string) => ({ kind: 'own' as const, value });
    const limits = limitsDraft(undefined);
    assert.deepEqual(problems({ limits: { ...limits, maxBodyBytes: own('1,5') } }), {});
    assert.deepEqual(
      problems({
        limits: {
          maxBodyBytes: own('2000000'),
          answerTimeoutSeconds: own('4000'),
          maxRequestsPerInstance: own(''),
          maxRequestsPerSecond: own('1.5'),
        },
      }),
      {
        'limit-maxBodyBytes': 'must be at most 1000000',
        'limit-answerTimeoutSeconds': 'must be at most 3600',
        'limit-maxRequestsPerInstance': 'must be filled in',
        'limit-maxRequestsPerSecond': 'must be a whole number',
      },
    );
    assert.equal(
      problems({ limits: { ...limits, maxBodyBytes: own('much') } })['limit-maxBodyBytes'],
      'must be a number of megabytes',
    );
  });

  it('are those of the request and of the server, at their fields', () => {
    const found = problems({
      name: 'ab',
      registry: 'other',
      host: 'ghcr.io',
      imageName: '???',
      min: '5',
      max: '2',
      ports: [
        { key: 3, port: '99999', type: 'http' },
        { key: 4, port: '53', type: 'udp' },
      ],
      environment: [{ key: 1, name: 'A=B', value: '' }],
      mounts: [{ key: 2, name: '../passwd', content: '' }],
      startup: { on: true, port: '53', path: 'healthz' },
    });
    assert.match(found['name'] ?? '', /4 to 255 characters/);
    assert.match(found['image'] ?? '', /path of an image/);
    assert.equal(found['max'], 'must be at least the minimum, which is 5');
    assert.equal(found['port-3'], 'must be a port from 1 to 65535');
    assert.match(found['variable-1'] ?? '', /no equals sign/);
    assert.match(found['mount-2'] ?? '', /must be a file name/);
    assert.equal(found['startup-port'], 'must be one of the exposed http ports');
    assert.equal(found['startup-path'], 'must start with /');
  });

  it('tell rows of one name, of which the request could hold only one', () => {
    const found = problems({
      ports: [
        { key: 0, port: '80', type: 'http' },
        { key: 1, port: ' 80', type: 'tcp' },
      ],
      environment: [
        { key: 0, name: 'A', value: '1' },
        { key: 1, name: 'A', value: '2' },
      ],
      volumes: [
        { key: 0, id: '', name: 'data-a', size: '1', path: '/data' },
        { key: 1, id: '', name: 'data-b', size: '1', path: '/data' },
      ],
    });
    const words = 'is already in the list';
    assert.deepEqual(found, { 'port-1': words, 'variable-1': words, 'volume-path-1': words });
  });

  it('tell a name that is taken, in any case of letters', () => {
    assert.deepEqual(problems({ name: ' taken ONE ' }), { name: 'is already taken' });
  });

  it('leave the maximum alone when a volume rules scaling out', () => {
    const volumes = [{ key: 0, id: '', name: 'data', size: '1', path: '/data' }];
    assert.deepEqual(problems({ min: '3', max: 'many', volumes }), {});
    const wish = wishOf(aDraft({ min: '3', max: '9', volumes }));
    assert.deepEqual([wish.minHorizontalScale, wish.maxHorizontalScale], [3, 3]);
  });

  it('ask for the secret that was not chosen, and for the size of a volume', () => {
    const found = problems({
      environment: [
        { key: 0, name: 'A', value: '', secret: '' },
        { key: 1, name: 'B', value: '', secret: secretId },
      ],
      volumes: [{ key: 0, id: '', name: 'data', size: '1.5', path: 'data' }],
    });
    assert.equal(found['value-0'], 'must be chosen');
    assert.equal(found['volume-size-0'], 'must be a whole number');
    assert.match(found['volume-path-0'] ?? '', /absolute path/);
    assert.equal(found['value-1'], undefined);
  });
});

describe('a path of the request', () => {
  const draft = aDraft({
    ports: [{ key: 7, port: ' 8080 ', type: 'http' }],
    environment: [{ key: 3, name: 'app.mode', value: 'x' }],
    mounts: [{ key: 4, name: 'app.toml', content: '' }],
    volumes: [
      { key: 5, id: '6'.repeat(32), name: '', size: '', path: '/a' },
      { key: 6, id: '', name: 'new one', size: '1', path: '/b' },
    ],
  });
  const fields: Readonly<Record<string, string>> = {
    name: 'name',
    'image.repositoryId': 'repository',
    repositoryId: 'repository',
    'image.imageName': 'image',
    'ports.8080': 'port-7',
    'environmentVariables.app.mode': 'variable-3',
    'environmentVariables.app.mode.fromSecret': 'variable-3',
    'configMounts.app.toml': 'mount-4',
    [`volumes.${'6'.repeat(32)}`]: 'volume-path-5',
    'newVolumes.0.name': 'volume-name-6',
    'newVolumes.9.name': wholeForm,
    'something.new': wholeForm,
  };
  for (const [path, field] of Object.entries(fields)) {
    it(`${path} is about ${field}`, () => assert.equal(fieldOf(path, draft), field));
  }
});

describe('what is said of problems', () => {
  const all = new Map([
    ['name', 'must be filled in'],
    ['region', 'must be chosen'],
  ]);

  it('is about what was changed, and after a try to submit about everything', () => {
    assert.deepEqual([...shownProblems(all, aDraft({ touched: ['name'] })).keys()], ['name']);
    assert.deepEqual([...shownProblems(all, aDraft({ submitted: true })).keys()], ['name', 'region']);
  });

  it('holds what the server said, unless the form knows better by now', () => {
    const refused = { message: 'No.', fields: { name: 'is already taken', tag: 'is odd' } };
    const shown = shownProblems(all, aDraft({ touched: ['name'], refused }));
    assert.deepEqual(Object.fromEntries(shown), { name: 'must be filled in', tag: 'is odd' });
  });

  it('is counted in the section where it stands', () => {
    assert.equal(sectionOf('repository'), 'details');
    assert.equal(sectionOf('volume-path-0'), 'running');
    assert.equal(sectionOf('max'), 'scaling');
    assert.equal(sectionOf(wholeForm), 'review');
  });
});
