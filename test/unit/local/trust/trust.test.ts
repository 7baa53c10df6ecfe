import * as x509 from '@peculiar/x509';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue, makeAuthority } from '../../../../src/control-plane/tls/authority.ts';
import { authorityFacts, AuthorityError } from '../../../../src/local/trust/authority.ts';
import type { Command, CommandResult, Machine } from '../../../../src/local/trust/machine.ts';
import { changeTrust, type StoreOutcome, type TrustWish } from '../../../../src/local/trust/trust.ts';
import { outcomeWords, stepsText } from '../../../../src/local/trust/words.ts';

const { certificate } = await makeAuthority('local', 'localhost', Date.now());
const facts = authorityFacts(certificate);
const signal = new AbortController().signal;
const absent = { code: 255, output: 'certutil: could not find certificate named "Patr region local"' };

describe('the authority that is to be trusted', () => {
  it('is known by its name and fingerprint', () => {
    assert.equal(facts.name, 'Patr region local');
    assert.match(facts.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    assert.match(facts.thumbprint, /^[0-9A-F]{40}$/);
  });

  it('is refused when it could sign for other names, or is no authority, or cannot be read', async () => {
    const wide = await makeAuthority('local', 'example', Date.now());
    assert.throws(() => authorityFacts(wide.certificate), /other names/);
    const leaf = await issue(
      await makeAuthority('local', 'localhost', Date.now()),
      ['a.localhost'],
      Date.now(),
    );
    assert.throws(() => authorityFacts(leaf.certificate), AuthorityError);
    assert.throws(() => authorityFacts('nothing'), AuthorityError);
  });

  it('is refused when what binds it is there, and is not what binds it', async () => {
    const crypto = webcrypto as unknown as Crypto;
    const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const bound = new x509.X509Certificate(certificate).getExtension('2.5.29.30');
    assert.ok(bound);
    const wide = await x509.X509CertificateGenerator.createSelfSigned(
      {
        name: 'CN=Patr region local',
        keys: await crypto.subtle.generateKey(signingAlgorithm, false, ['sign', 'verify']),
        signingAlgorithm,
        extensions: [
          new x509.BasicConstraintsExtension(true, 0, true),
          new x509.Extension('1.3.6.1.4.1.32473.1', false, bound.rawData),
        ],
      },
      crypto,
    );
    assert.throws(() => authorityFacts(wide.toString('pem')), /other names/);
  });
});

describe('trust', () => {
  let home: string;
  let ran: Command[];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'patr-trust-'));
    ran = [];
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const machineOf = (changes: Partial<Machine>): Machine => ({
    platform: 'linux',
    home,
    isRoot: true,
    hasDisplay: false,
    programs: new Set(['certutil', 'update-ca-certificates']),
    firefoxFolders: [],
    ...changes,
  });

  function change(
    wish: TrustWish,
    changes: Partial<Machine> = {},
    answer: (command: Command) => CommandResult = ({ args }) =>
      args.includes('-D') ? absent : { code: 0, output: '' },
  ): Promise<readonly StoreOutcome[]> {
    const run = async (command: Command): Promise<CommandResult> => {
      ran.push(command);
      return answer(command);
    };
    return changeTrust({ machine: machineOf(changes), run, folder: join(home, 'kept') }, facts, wish, {
      signal,
    });
  }

  it('reaches the system and every browser on Linux', async () => {
    const firefoxFolders = [join(home, '.mozilla/firefox/abc.default')];
    const outcomes = await change('trust', { firefoxFolders });
    assert.deepEqual(
      outcomes.map(({ kind, store }) => [kind, store]),
      [
        ['done', 'the system (curl, git, most programs)'],
        ['done', 'Chromium, Chrome and Edge'],
        ['done', 'Firefox (abc.default)'],
      ],
    );
    const [system] = ran;
    assert.deepEqual([system?.program, system?.args.at(-1)], ['sh', 'update-ca-certificates']);
    assert.ok(system?.args.includes('/usr/local/share/ca-certificates/patr-region-local.crt'));
    const added = ran.filter(({ args }) => args.includes('-A'));
    assert.deepEqual(
      added.map(({ args }) => args[1]),
      [`sql:${join(home, '.pki/nssdb')}`, `sql:${firefoxFolders[0]}`],
    );
    assert.equal(await readFile(added[0]?.args.at(-1) ?? '', 'utf8'), facts.certificate);
    assert.match(outcomeWords(outcomes, 'trust'), /trusted by the system .*, Chromium, .* and Firefox/);
  });

  it('is taken back as often as it was given', async () => {
    let there = 2;
    const outcomes = await change('untrust', {}, ({ args }) => {
      if (!args.includes('-D')) return { code: 0, output: '' };
      there -= 1;
      return there >= 0 ? { code: 0, output: '' } : absent;
    });
    assert.ok(outcomes.every(({ kind }) => kind === 'done'));
    assert.equal(ran.filter(({ args }) => args.includes('-D')).length, 3);
    assert.ok(ran[0]?.args.includes('--fresh'));
  });

  it('asks for a password in a window where somebody can answer, and says what to type where nobody can', async () => {
    await change('trust', {
      isRoot: false,
      hasDisplay: true,
      programs: new Set(['pkexec', 'update-ca-trust']),
    });
    assert.deepEqual([ran[0]?.program, ran[0]?.args.at(0)], ['pkexec', 'sh']);
    ran = [];
    const outcomes = await change('trust', { isRoot: false, programs: new Set(['update-ca-trust']) });
    assert.deepEqual(ran, []);
    const steps = stepsText(outcomes, 'trust');
    assert.match(
      steps,
      /^sudo sh -c '.*' sh \S*patr-region-local\.crt \/etc\/pki\/\S+ update-ca-trust extract$/m,
    );
    assert.match(steps, /^# Trust in Chromium.*libnss3-tools/m);
    assert.match(outcomeWords(outcomes, 'trust'), /Not changed: the system .*administrator/);
  });

  it('goes on with other stores when one refuses, and tells its words', async () => {
    const outcomes = await change('trust', {}, ({ program, args }) =>
      program === 'sh'
        ? { code: 1, output: 'first\nread-only file system' }
        : args.includes('-D')
          ? absent
          : { code: 0, output: '' },
    );
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['byHand', 'done'],
    );
    assert.match(outcomeWords(outcomes, 'trust'), /read-only file system/);
  });

  it('uses the keychain on macOS, the account on Windows, and nothing where it knows no way', async () => {
    await change('trust', { platform: 'macos' });
    assert.deepEqual([ran[0]?.program, ran[0]?.args[0]], ['security', 'add-trusted-cert']);
    ran = [];
    await change('untrust', { platform: 'windows' });
    assert.deepEqual(
      ran.map(({ program, args }) => [program, ...args]),
      [['certutil.exe', '-user', '-delstore', 'Root', facts.thumbprint]],
    );
    ran = [];
    const outcomes = await change('trust', { platform: 'other' });
    assert.deepEqual([outcomes, ran], [[], []]);
    assert.match(outcomeWords(outcomes, 'trust'), /Nothing was changed/);
  });
});
