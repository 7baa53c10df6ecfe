import type { PortType } from '../../protocol/shapes/deployment.ts';

/** An object of an answer, whatever came instead of one. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The rows of a list, each changed; what is no list stays as it came, for the schema to refuse. */
export function rows(value: unknown, change: (row: Readonly<Record<string, unknown>>) => unknown): unknown {
  return Array.isArray(value) ? value.map((row: unknown) => change(record(row))) : value;
}

/** An object with each of its values changed; what is none stays as it came. */
export function values(value: unknown, change: (value: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one)]));
}

/** The same object with one field under another name, where it is there. */
export function renamed(
  object: Readonly<Record<string, unknown>>,
  from: string,
  to: string,
): Readonly<Record<string, unknown>> {
  if (!(from in object)) return object;
  const { [from]: value, ...others } = object;
  return { ...others, [to]: value };
}

/**
 * Where Patr answers for a deployment: no generation says it, so it is built. Only `http` ports have a public name.
 */
export function withAddresses(answer: unknown): unknown {
  const deployment = record(answer);
  const { id, ports } = deployment;
  if (typeof id !== 'string') return answer;
  const addresses = Object.entries(record(ports))
    .filter((entry): entry is [string, PortType] => entry[1] === 'http' && /^\d{1,5}$/.test(entry[0]))
    .map(([port, type]) => ({ port: Number(port), type, url: `https://${port}-${id}.onpatr.cloud` }));
  return { ...deployment, addresses };
}
