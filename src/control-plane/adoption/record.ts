import * as v from 'valibot';
import {
  imageSource,
  portType,
  type ImageSource,
  type PortType,
  type Probe,
} from '../../protocol/shapes/deployment.ts';
import { afterConfigChange, type AfterConfigChange } from '../../protocol/shapes/configMount.ts';
import { trafficLimits, type TrafficLimits } from '../../protocol/shapes/trafficLimits.ts';
import { uuid } from '../../protocol/wire.ts';

/**
 * What a lost state knew of an instance's deployment and release, and the engine cannot tell: enough to take both
 * over. It travels in a label, so it holds no value of a secret, and no raw value either: the container has those.
 */
export interface AdoptionRecord {
  readonly regionId: string;
  readonly source: ImageSource;
  /** When the image is of the region's own registry. */
  readonly repositoryName: string | undefined;
  readonly imageTag: string;
  readonly machineTypeId: string;
  readonly deployOnPush: boolean;
  readonly pushesPaused: boolean;
  readonly minScale: number;
  readonly maxScale: number;
  /** When the deployment was created, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** No other deployment had the DNS label of its name before. */
  readonly hasHostLabel: boolean;
  readonly ports: Readonly<Record<string, PortType>>;
  readonly startupProbe: Probe | undefined;
  readonly livenessProbe: Probe | undefined;
  /** Names of variables with raw values. */
  readonly variables: readonly string[];
  /** Variables that are taken from secrets. */
  readonly secrets: Readonly<Record<string, NamedSecret>>;
  readonly hasConfig: boolean;
  /** As it was when the instance started; absent: nothing. */
  readonly afterConfigChange?: AfterConfigChange | undefined;
  /** As they were declared when the instance started; absent: none. */
  readonly trafficLimits?: TrafficLimits | undefined;
  /** Volume id to mount path. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Ports of the machine that its tcp and udp ports have in a public region. */
  readonly publicPorts?: Readonly<Record<string, number>> | undefined;
}

export interface NamedSecret {
  readonly id: string;
  readonly name: string;
}

const probe = v.object({ port: v.number(), path: v.string() });
const count = v.pipe(v.number(), v.integer(), v.minValue(1));

const shape = v.object({
  version: v.literal(1),
  regionId: uuid,
  source: imageSource,
  repositoryName: v.optional(v.string()),
  imageTag: v.string(),
  machineTypeId: uuid,
  deployOnPush: v.boolean(),
  pushesPaused: v.boolean(),
  minScale: count,
  maxScale: count,
  createdAt: v.number(),
  hasHostLabel: v.boolean(),
  ports: v.record(v.string(), portType),
  startupProbe: v.optional(probe),
  livenessProbe: v.optional(probe),
  variables: v.array(v.string()),
  secrets: v.record(v.string(), v.object({ id: uuid, name: v.string() })),
  hasConfig: v.boolean(),
  afterConfigChange: v.optional(afterConfigChange),
  trafficLimits: v.optional(trafficLimits),
  volumes: v.record(uuid, v.string()),
  publicPorts: v.optional(
    v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
  ),
});

/** As the text of a label. */
export function recordText(record: AdoptionRecord): string {
  return JSON.stringify({ version: 1, ...record });
}

/** Labels can be written by whoever has the engine. Absent: it is none, or one that this version cannot read. */
export function recordFrom(text: string | undefined): AdoptionRecord | undefined {
  const decoded = v.safeParse(shape, jsonOf(text ?? ''));
  if (!decoded.success) return undefined;
  const { version: _version, repositoryName, startupProbe, livenessProbe, ...rest } = decoded.output;
  return { ...rest, repositoryName, startupProbe, livenessProbe };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
