import { workspace, type ConfigurationScope } from 'vscode';
import { decode } from '../protocol/decode.ts';
import { defaultLocalSettings, type LocalSettings } from '../local/contract.ts';
import { priceTable, type PriceTable } from '../protocol/cost.ts';
import { registryHost } from '../protocol/shapes/registry.ts';
import type { SettingId } from './ids.ts';
import * as v from 'valibot';

function read<S extends v.GenericSchema>(
  id: SettingId,
  schema: S,
  usual: v.InferOutput<S>,
  scope?: ConfigurationScope,
): v.InferOutput<S> {
  // Settings are typed by hand: what does not fit is as good as not set.
  const decoded = decode(schema, workspace.getConfiguration('patr', scope).get(id));
  return decoded.ok ? decoded.value : usual;
}

const text = v.pipe(v.string(), v.trim(), v.minLength(1));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const placement = v.picklist(['auto', 'host', 'bridged']);

/** What the local region is made of. The region's name is the machine's business, and a test's. */
export function localSettings(): LocalSettings {
  const { images, ports, keep } = defaultLocalSettings;
  return {
    name: process.env['PATR_REGION_NAME'] ?? defaultLocalSettings.name,
    images: {
      node: read('local.images.node', text, images.node),
      registry: read('local.images.registry', text, images.registry),
      edge: read('local.images.edge', text, images.edge),
    },
    ports: {
      api: read('local.ports.api', port, ports.api),
      registry: read('local.ports.registry', port, ports.registry),
      http: read('local.ports.http', port, ports.http),
      https: read('local.ports.https', port, ports.https),
    },
    placement: read('local.placement', placement, defaultLocalSettings.placement),
    httpsRedirect: read('local.httpsRedirect', v.boolean(), defaultLocalSettings.httpsRedirect),
    keep: {
      versions: read('local.keep.versions', whole(1, 1000), keep.versions),
      days: read('local.keep.days', whole(0, 3650), keep.days),
      logs: read('local.keep.logs', whole(1, 100_000), keep.logs),
    },
  };
}

/** Address of the engine to use instead of the current Docker context's; empty: the context's. */
export function dockerHost(): string {
  return read('docker.host', v.string(), '').trim();
}

/** Lines of logs that fit this expression are problems; empty for none. */
export function logProblemPattern(): string {
  return read('logs.problemPattern', v.string(), '');
}

/** Whether a Dockerfile that is deployed says so above its first line. */
export function showsCodeLens(scope: ConfigurationScope): boolean {
  return read('codeLens.enabled', v.boolean(), true, scope);
}

/** Build arguments for Dockerfiles of a folder. */
export function buildArguments(scope: ConfigurationScope): Readonly<Record<string, string>> {
  return read('build.arguments', v.record(v.string(), v.string()), {}, scope);
}

/** Host of the registry of a server elsewhere, where the person has named one; by the server's address. */
export function registryOf(url: string): string | undefined {
  const hosts = read('registryHosts', v.record(v.string(), registryHost), {});
  return Object.entries(hosts).find(([server]) => server.replace(/\/+$/, '') === url)?.[1];
}

/** What the person's own regions cost, by the name of the region. */
export function ownPrices(): Readonly<Record<string, PriceTable>> {
  return read('prices', v.record(v.string(), priceTable), {});
}
