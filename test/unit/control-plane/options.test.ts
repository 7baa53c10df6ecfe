import assert from 'node:assert/strict';
import { OptionsError, parseOptions } from '../../../src/control-plane/options.ts';

const least = ['--port', '0', '--state-dir', 'd', '--token-file', 't'];

describe('the command line', () => {
  it('has a default for everything but port, state and token', () => {
    const options = parseOptions(least);
    assert.equal(options.port, 0);
    assert.equal(options.host, '127.0.0.1');
    assert.equal(options.placement, 'auto');
    assert.equal(options.domain, 'localhost');
    assert.deepEqual([options.edgeAddress, options.acmeDirectory], ['127.0.0.1', undefined]);
    assert.equal(options.engine, 'unix:///var/run/docker.sock');
  });

  it('says how long images are kept', () => {
    const { keepVersions, keepDays, collectHours } = parseOptions([
      ...least,
      '--keep-versions',
      '3',
      '--collect-hours',
      '0',
    ]);
    assert.deepEqual([keepVersions, keepDays, collectHours], [3, 7, 0]);
  });

  it('says whether HTTP leads to HTTPS; what is not said follows from the edge', () => {
    const redirectOf = (...argv: string[]) => parseOptions([...least, ...argv]).httpsRedirect;
    assert.deepEqual([redirectOf(), redirectOf('--https-redirect', 'on')], ['auto', 'on']);
    assert.throws(() => redirectOf('--https-redirect', 'yes'), /auto or on or off, not "yes"/);
  });

  it('takes the last of two, as shells expect', () => {
    assert.equal(parseOptions([...least, '--port=7071']).port, 7071);
  });

  const refused: [string, string[], RegExp][] = [
    ['nothing', [], /--port is missing/],
    ['no state directory', ['--port', '1', '--token-file', 't'], /--state-dir is missing/],
    [
      'a port that is none',
      [...least, '--port', '70000'],
      /--port must be a port from 0 to 65535, not "70000"/,
    ],
    ['a port with a sign', [...least, '--http-port=-1'], /--http-port must be a port/],
    ['an unknown option', [...least, '--prot', '1'], /--prot/],
    ['a stray word', [...least, 'serve'], /serve/],
    ['an unknown placement', [...least, '--placement', 'cloud'], /auto or host or bridged, not "cloud"/],
    ['no versions to keep', [...least, '--keep-versions', '0'], /from 1 to 1000, not "0"/],
    ['a name that no container could have', [...least, '--name', 'My Region'], /--name must be/],
  ];
  for (const [what, argv, message] of refused) {
    it(`says what is wrong with ${what}`, () => {
      assert.throws(
        () => parseOptions(argv),
        (error: unknown) => error instanceof OptionsError && message.test(error.message),
      );
    });
  }

  it('know the directories of an authority by name, and take no other way to it than HTTPS', () => {
    const directoryOf = (value: string) => parseOptions([...least, '--acme-directory', value]).acmeDirectory;
    assert.match(directoryOf('letsencrypt') ?? '', /^https:\/\/acme-v02\./);
    assert.equal(directoryOf('https://ca.example/dir'), 'https://ca.example/dir');
    for (const bad of ['http://ca.example/dir', 'nobody', 'https://'])
      assert.throws(() => directoryOf(bad), OptionsError);
  });
});
