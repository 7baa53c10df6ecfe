import type { EngineEvent } from '../engine.ts';
import { labels, number, record, text } from './facts.ts';

const kinds = ['container', 'network', 'volume', 'image'] as const;

/** One line of `GET /events`. `undefined`: about something this product does not look at. */
export function eventOf(value: unknown): EngineEvent | undefined {
  const raw = record(value);
  const actor = record(raw['Actor']);
  const kind = kinds.find((one) => one === raw['Type']);
  const action = text(raw['Action']) ?? text(raw['status']);
  const id = text(actor['ID']) ?? text(raw['id']);
  const nanoseconds = number(raw['timeNano']);
  const seconds = number(raw['time']);
  const at = nanoseconds === undefined ? (seconds ?? 0) * 1000 : Math.floor(nanoseconds / 1e6);
  if (kind === undefined || action === undefined || id === undefined) return undefined;
  return { at, kind, action: withoutCommand(action), id, labels: labels(actor['Attributes']) };
}

/** `exec_create: sh -c …` carries a command line, which may hold secrets and helps nobody here. */
function withoutCommand(action: string): string {
  return action.startsWith('exec_') ? (action.split(':')[0] ?? action) : action;
}
