import type { Billed, Pricing } from '../../../src/protocol/cost.ts';
import { choicesOf, type FieldsView } from './view.ts';
import { newVolumes, numberOf } from './wish.ts';

export function pricingOf(view: FieldsView): Pricing | undefined {
  return choicesOf(view)?.regions.find(({ id }) => id === view.draft.region)?.pricing;
}

/** What the draft comes to, as soon as everything that costs something is filled in. */
export function billedOf(view: FieldsView): Billed | undefined {
  const { draft } = view;
  const choices = choicesOf(view);
  const machine = choices?.machineTypes.find(({ id }) => id === draft.machine);
  const [minScale, maxScale] = [numberOf(draft.min), numberOf(draft.max)];
  const mounted = choices?.volumes?.filter(({ id }) => draft.volumes.some((row) => row.id === id)) ?? [];
  const volumeSizes = [
    ...newVolumes(draft).map(({ size }) => numberOf(size)),
    ...mounted.map(({ size }) => size),
  ];
  if (machine === undefined || [minScale, maxScale, ...volumeSizes].some(Number.isNaN)) return undefined;
  return { machine, minScale, maxScale: Math.max(minScale, maxScale), volumeSizes };
}
