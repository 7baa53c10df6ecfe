import { isIP } from 'node:net';
import type { DnsRecord, DnsRecordType } from '../../protocol/shapes/domain.ts';
import type { DomainRow } from '../domain.ts';

/** A record that has to be there. */
export interface WantedRecord {
  readonly type: DnsRecordType;
  readonly name: string;
  readonly value: string;
}

/** Name servers' answers by type and name, as `answerKey` makes them. */
export type DnsAnswers = ReadonlyMap<string, readonly string[]>;

export function answerKey(type: DnsRecordType, name: string): string {
  return `${type} ${name}`;
}

/** The record that proves whose a domain is: the id that only its workspace was told. */
export function domainRecord({ id, name }: Pick<DomainRow, 'id' | 'name'>): WantedRecord {
  return { type: 'TXT', name: `patrVerify.${name}`, value: id };
}

/** The records that lead a host to the region: one for each kind of public address that the region has. */
export function hostRecords(host: string, publicAddresses: readonly string[]): readonly WantedRecord[] {
  return publicAddresses.map((value) => ({ type: typeFor(value), name: host, value }));
}

function typeFor(address: string): DnsRecordType {
  const version = isIP(address);
  if (version === 0) return 'CNAME';
  return version === 4 ? 'A' : 'AAAA';
}

type Question = Pick<WantedRecord, 'type' | 'name'>;

/** What has to be asked to judge the records. A name that stands for another may be kept as its addresses. */
export function questionsFor(wanted: readonly WantedRecord[]): readonly Question[] {
  const questions = wanted.flatMap(({ type, name, value }): Question[] => {
    const addresses = [name, value].map((host): Question => ({ type: 'A', name: host }));
    return type === 'CNAME' ? [{ type, name }, ...addresses] : [{ type, name }];
  });
  return Array.from(new Map(questions.map((one) => [answerKey(one.type, one.name), one])).values());
}

/** Holds what was answered against what is wanted. Pure. */
export function judge(wanted: readonly WantedRecord[], answers: DnsAnswers): readonly DnsRecord[] {
  return wanted.map((record) => {
    const { found, present } = judgeOne(record, wanted, answers);
    return { ...record, found: [...found], present };
  });
}

function judgeOne(
  { type, name, value }: WantedRecord,
  wanted: readonly WantedRecord[],
  answers: DnsAnswers,
): { readonly found: readonly string[]; readonly present: boolean } {
  const found = answers.get(answerKey(type, name)) ?? [];
  if (type === 'TXT') return { found, present: found.includes(value) };
  if (type === 'CNAME') {
    if (found.includes(value)) return { found, present: true };
    const own = answers.get(answerKey('A', name)) ?? [];
    const region = answers.get(answerKey('A', value)) ?? [];
    return { found: [...found, ...own], present: isWithin(own, region) };
  }
  // Somebody who is led elsewhere now and then is not led here.
  const values = wanted.flatMap((one) => (one.type === type && one.name === name ? [one.value] : []));
  return { found, present: found.includes(value) && isWithin(found, values) };
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return some.length > 0 && some.every((one) => all.includes(one));
}

/** What is missing, what is there instead, and what to do; undefined when nothing is. */
export function sentenceOf(records: readonly DnsRecord[]): string | undefined {
  const missing = records.filter(({ present }) => !present);
  if (missing.length === 0) return undefined;
  return missing.map(inWords).join(' ');
}

function inWords({ type, name, value, found }: DnsRecord): string {
  const wanted = `It has to be ${value}.`;
  if (found.length === 0) return `There is no ${type} record at ${name}. ${wanted}`;
  const others = found.filter((one) => one !== value);
  return found.includes(value)
    ? `${name} leads to ${others.join(', ')} as well. Remove the other ${type} record.`
    : `The ${type} record at ${name} is ${others.join(', ')}. ${wanted}`;
}
