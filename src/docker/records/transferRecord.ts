import type { TransferProgress } from '../engine.ts';
import { number, present, record, text } from './facts.ts';

/** What one event of a pull or push says. */
export type TransferEvent =
  | { readonly kind: 'layer'; readonly progress: TransferProgress }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'pushed'; readonly tag: string; readonly digest: string; readonly size: number }
  | { readonly kind: 'other' };

/** Words of Docker and Podman for what a layer is doing; whatever else has an id is waiting. */
const states: readonly (readonly [RegExp, TransferProgress['state']])[] = [
  [/^(already exists|layer already exists|mounted from)/i, 'exists'],
  [/^(pull complete|pushed|download complete)/i, 'finished'],
  [/^(downloading|extracting|pushing|verifying)/i, 'moving'],
  [/^(waiting|preparing|pulling fs layer|retrying)/i, 'waiting'],
];

export function transferOf(value: unknown): TransferEvent {
  const raw = record(value);
  const failure = text(record(raw['errorDetail'])['message']) ?? text(raw['error']);
  if (failure !== undefined) return { kind: 'failed', message: failure };
  const aux = record(raw['aux']);
  const tag = text(aux['Tag']);
  const digest = text(aux['Digest']);
  if (tag !== undefined && digest !== undefined) {
    return { kind: 'pushed', tag, digest, size: number(aux['Size']) ?? 0 };
  }
  const layer = text(raw['id']);
  const status = text(raw['status']) ?? '';
  const state = states.find(([pattern]) => pattern.test(status))?.[1];
  if (layer === undefined || state === undefined) return { kind: 'other' };
  return { kind: 'layer', progress: progressOf(layer, state, status, record(raw['progressDetail'])) };
}

/** Bytes of an extraction count the same layer again, so only those that travel are told. */
function progressOf(
  layer: string,
  state: TransferProgress['state'],
  status: string,
  detail: Readonly<Record<string, unknown>>,
): TransferProgress {
  if (/^extracting/i.test(status)) return { layer, state };
  const total = number(detail['total']);
  // While pushing, tar headers make the count run past the size that was told.
  const current = number(detail['current']);
  const done = current === undefined || total === undefined ? current : Math.min(current, Math.max(total, 0));
  return present({ layer, state, done, total: total !== undefined && total > 0 ? total : undefined });
}
