import { decode } from '../../../src/protocol/decode.ts';
import { createWish, type Choices } from '../../../src/protocol/panelCreate.ts';
import type { FieldProblem } from '../../../src/protocol/problems.ts';
import { breachesAmong } from '../../../src/protocol/rules.ts';
import { mostOfLimits, type LimitName } from '../../../src/protocol/shapes/trafficLimits.ts';
import { megabyte, type Draft, type LimitDraft, type ProbeDraft } from './draft.ts';
import { limitField } from './limitField.ts';
import { bytesOf, newVolumes, numberOf, scalesItself, wishOf } from './wish.ts';

/** Problems by the id of their field, each in words that go on from the field's name. */
export type Problems = ReadonlyMap<string, string>;

/** What is about no field of the form: it is said in the review. */
export const wholeForm = 'form';

/**
 * Everything that is wrong with a draft, whether it is shown yet or not: what a form has to say of texts that are no
 * values yet, the request's own decoder, the rules that the server holds to, and names that are known to be taken.
 */
export function problemsOf(draft: Draft, choices: Choices | undefined): Problems {
  const wish = wishOf(draft);
  const decoded = decode(createWish, wish);
  const rules = breachesAmong({
    minScale: wish.minHorizontalScale,
    maxScale: wish.maxHorizontalScale,
    ports: wish.ports ?? {},
    startupProbe: wish.startupProbe,
    livenessProbe: wish.livenessProbe,
  }).filter(({ field }) => field !== 'maxHorizontalScale' || bothScales(draft));
  const all = [
    ...unfilled(draft),
    ...doubles(draft),
    ...limitProblems(draft),
    ...placed(decoded.ok ? [] : decoded.fields, draft),
    ...placed(rules, draft),
    ...placed(afterProblems(draft), draft),
    ...taken(draft, choices),
  ];
  // The first problem of a field says the most: what comes after may only follow from it.
  return new Map(all.toReversed());
}

/** The server's rule: a POST can only go to a port that speaks HTTP. */
function afterProblems({ after, ports }: Draft): readonly FieldProblem[] {
  const found = ports.some(({ port, type }) => type === 'http' && port.trim() === after.port);
  if (after.kind !== 'post' || found) return [];
  return [{ field: 'afterConfigChange.port', message: 'must be one of the exposed http ports' }];
}

/** What a server or decoder says of fields of the request, at fields of the form. */
export function placed(fields: readonly FieldProblem[], draft: Draft): (readonly [string, string])[] {
  return fields.map(({ field, message }) => [fieldOf(field, draft), message]);
}

const fixed: Readonly<Record<string, string>> = {
  name: 'name',
  imageTag: 'tag',
  runner: 'region',
  machineType: 'machine',
  registry: 'host',
  imageName: 'image',
  repositoryId: 'repository',
  ports: 'ports',
  minHorizontalScale: 'min',
  maxHorizontalScale: 'max',
  'startupProbe.port': 'startup-port',
  'startupProbe.path': 'startup-path',
  'livenessProbe.port': 'liveness-port',
  'livenessProbe.path': 'liveness-path',
  'afterConfigChange.port': 'after-port',
  'afterConfigChange.path': 'after-path',
  ...Object.fromEntries(
    Object.keys(mostOfLimits).map((name) => [`trafficLimits.${name}`, limitField(name as LimitName)]),
  ),
};

/** The field of the form that a path of the request is about: `ports.8080` is the row with that port. */
export function fieldOf(path: string, draft: Draft): string {
  const own = path.replace(/^image\./, '');
  const known = fixed[own];
  if (known !== undefined) return known;
  const [, kind = '', name = ''] = /^(\w+)\.(.*)$/s.exec(own) ?? [];
  switch (kind) {
    case 'ports':
      return rowField(
        'port',
        draft.ports.find(({ port }) => port.trim() === name),
      );
    case 'environmentVariables':
      return rowField('variable', variableAt(draft, name));
    case 'configMounts':
      return rowField(
        'mount',
        draft.mounts.find((one) => one.name === name),
      );
    case 'volumes':
      return rowField(
        'volume-path',
        draft.volumes.find(({ id }) => id === name),
      );
    case 'newVolumes': {
      const [, index = '', part = ''] = /^(\d+)\.(\w+)$/.exec(name) ?? [];
      return rowField(`volume-${part}`, newVolumes(draft)[Number(index)]);
    }
    default:
      return wholeForm;
  }
}

function variableAt({ environment }: Draft, name: string) {
  return environment.find((one) => name === one.name || name === `${one.name}.fromSecret`);
}

function rowField(prefix: string, row: { readonly key: number } | undefined): string {
  return row === undefined ? wholeForm : `${prefix}-${row.key}`;
}

/** What is not there yet, said as a person would: a decoder only sees texts that are no ids and no numbers. */
function unfilled(draft: Draft): (readonly [string, string])[] {
  const { registry } = draft;
  const missing = (field: string, text: string, words = 'must be filled in'): (readonly [string, string])[] =>
    text.trim() === '' ? [[field, words]] : [];
  const whole = (field: string, text: string): (readonly [string, string])[] =>
    Number.isNaN(numberOf(text)) ? [[field, 'must be a whole number']] : [];
  const probe = (name: string, { on, port }: ProbeDraft) =>
    on ? missing(`${name}-port`, port, 'must be chosen') : [];
  return [
    ...missing('name', draft.name),
    ...(registry === 'patr' ? missing('repository', draft.repositoryId, 'must be chosen') : []),
    ...(registry === 'other' ? missing('host', draft.host) : []),
    ...(registry === 'dockerHub' || registry === 'other' ? missing('image', draft.imageName) : []),
    ...missing('tag', draft.tag),
    ...missing('region', draft.region, 'must be chosen'),
    ...missing('machine', draft.machine, 'must be chosen'),
    ...whole('min', draft.min),
    ...(scalesItself(draft) ? whole('max', draft.max) : []),
    ...draft.ports.flatMap(({ key, port }) => missing(`port-${key}`, port)),
    ...draft.environment.flatMap(({ key, name }) => missing(`variable-${key}`, name)),
    ...draft.environment.flatMap(({ key, secret }) =>
      secret === undefined ? [] : missing(`value-${key}`, secret, 'must be chosen'),
    ),
    ...draft.mounts.flatMap(({ key, name }) => missing(`mount-${key}`, name)),
    ...draft.volumes.flatMap(({ key, path }) => missing(`volume-path-${key}`, path)),
    ...newVolumes(draft).flatMap(({ key, size }) => whole(`volume-size-${key}`, size)),
    ...newVolumes(draft).flatMap(({ key, name }) => missing(`volume-name-${key}`, name)),
    ...probe('startup', draft.startup),
    ...probe('liveness', draft.liveness),
  ];
}

/** Limits that are no numbers. That of bodies is typed in megabytes, and has to be said in them as well. */
function limitProblems({ limits }: Draft): (readonly [string, string])[] {
  return (Object.entries(limits) as [LimitName, LimitDraft][]).flatMap(([name, { kind, value }]) => {
    const says = (words: string): (readonly [string, string])[] => [[limitField(name), words]];
    if (kind !== 'own') return [];
    if (value.trim() === '') return says('must be filled in');
    if (name !== 'maxBodyBytes') return Number.isNaN(numberOf(value)) ? says('must be a whole number') : [];
    const [bytes, most] = [bytesOf(value), mostOfLimits.maxBodyBytes];
    if (Number.isNaN(bytes)) return says('must be a number of megabytes');
    return bytes > most ? says(`must be at most ${most / megabyte}`) : [];
  });
}

/** Rows with the same name, of which the request could hold only one. */
function doubles(draft: Draft): (readonly [string, string])[] {
  const twice = <R extends { readonly key: number }>(
    rows: readonly R[],
    prefix: string,
    nameOf: (row: R) => string,
  ): (readonly [string, string])[] => {
    const seen = new Set<string>();
    return rows.flatMap((row) => {
      const name = nameOf(row);
      const again = name !== '' && seen.has(name);
      seen.add(name);
      return again ? [[`${prefix}-${row.key}`, 'is already in the list'] as const] : [];
    });
  };
  return [
    ...twice(draft.ports, 'port', ({ port }) => port.trim()),
    ...twice(draft.environment, 'variable', ({ name }) => name),
    ...twice(draft.mounts, 'mount', ({ name }) => name),
    ...twice(draft.volumes, 'volume-path', ({ path }) => path.trim()),
    ...twice(draft.volumes, 'volume-id', ({ id }) => id),
    ...twice(newVolumes(draft), 'volume-name', ({ name }) => name.trim().toLowerCase()),
  ];
}

function taken({ name }: Draft, choices: Choices | undefined): (readonly [string, string])[] {
  const there = choices?.takenNames.some((one) => one.toLowerCase() === name.trim().toLowerCase());
  return there === true ? [['name', 'is already taken']] : [];
}

function bothScales({ min, max }: Draft): boolean {
  return !Number.isNaN(numberOf(min)) && !Number.isNaN(numberOf(max));
}

/** Parts of the page, in the order of the rail. */
export const sections = ['details', 'running', 'scaling', 'review'] as const;
export type Section = (typeof sections)[number];

const ofDetails = new Set(['name', 'repository', 'host', 'image', 'tag', 'region', 'new-repository']);
const ofScaling = new Set(['min', 'max', 'machine']);

/** The section that a field stands in. */
export function sectionOf(field: string): Section {
  if (field === wholeForm) return 'review';
  if (ofDetails.has(field)) return 'details';
  return ofScaling.has(field) ? 'scaling' : 'running';
}

/** Problems that are said by now: of fields that were changed, of all after a try to submit, and the server's. */
export function shownProblems(problems: Problems, { submitted, touched, refused }: Draft): Problems {
  const seen = new Set(touched);
  const own = Array.from(problems).filter(([field]) => submitted || seen.has(field));
  return new Map([...Object.entries(refused.fields), ...own]);
}
