import type { Engine, PushProgress, RegistryAuth, TransferProgress } from '../docker/engine.ts';

/** How far a push is. Bytes count only layers whose size the engine has told. */
export interface PushState {
  readonly kind: 'progress';
  readonly layers: number;
  /** Layers that the registry had already. */
  readonly alreadyThere: number;
  readonly finished: number;
  readonly sentBytes: number;
  readonly leftBytes: number;
  /** 0 to 1, never falling. */
  readonly share: number;
}

export type PushUpdate = PushState | Extract<PushProgress, { kind: 'pushed' }>;

/** Pushes a tag. Ends with the digest that the registry now has under it. Layers sent before an abort stay there. */
export async function* pushImage(
  engine: Pick<Engine, 'push'>,
  reference: string,
  auth: RegistryAuth | undefined,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<PushUpdate, void, void> {
  let tally = emptyPush;
  for await (const event of engine.push(reference, auth, signal === undefined ? {} : { signal })) {
    if (event.kind === 'pushed') {
      yield event;
      continue;
    }
    tally = addToPush(tally, event);
    yield tally.state;
  }
}

export interface PushTally {
  readonly layers: ReadonlyMap<string, TransferProgress>;
  readonly state: PushState;
}

export const emptyPush: PushTally = {
  layers: new Map(),
  state: {
    kind: 'progress',
    layers: 0,
    alreadyThere: 0,
    finished: 0,
    sentBytes: 0,
    leftBytes: 0,
    share: 0,
  },
};

/** Pure: what is known after one more event about a layer. */
export function addToPush(tally: PushTally, event: TransferProgress): PushTally {
  const known = tally.layers.get(event.layer);
  const total = event.total ?? known?.total;
  const done = event.done ?? known?.done;
  const merged: TransferProgress = {
    layer: event.layer,
    state: event.state,
    ...(total === undefined ? {} : { total }),
    ...(done === undefined ? {} : { done }),
  };
  const layers = new Map(tally.layers).set(event.layer, merged);
  return { layers, state: stateOf(Array.from(layers.values()), tally.state.share) };
}

function stateOf(layers: readonly TransferProgress[], before: number): PushState {
  const alreadyThere = layers.filter((layer) => layer.state === 'exists').length;
  const finished = layers.filter((layer) => layer.state === 'finished').length;
  const sent = layers.map((layer) =>
    layer.state === 'finished' ? (layer.total ?? layer.done ?? 0) : sentOf(layer),
  );
  const left = layers.map((layer) =>
    layer.state === 'moving' ? Math.max(0, (layer.total ?? 0) - sentOf(layer)) : 0,
  );
  const shares = layers.map(shareOf);
  const share = shares.length === 0 ? 0 : sum(shares) / shares.length;
  return {
    kind: 'progress',
    layers: layers.length,
    alreadyThere,
    finished,
    sentBytes: sum(sent),
    leftBytes: sum(left),
    share: Math.max(before, share),
  };
}

function sentOf(layer: TransferProgress): number {
  return layer.state === 'exists' ? 0 : (layer.done ?? 0);
}

function shareOf(layer: TransferProgress): number {
  if (layer.state === 'exists' || layer.state === 'finished') return 1;
  if (layer.state === 'waiting' || layer.total === undefined || layer.total === 0) return 0;
  return Math.min(1, (layer.done ?? 0) / layer.total);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
