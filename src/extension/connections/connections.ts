import { isDeepStrictEqual } from 'node:util';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import { describeError, type Log } from '../../base/log.ts';
import type { Connection } from './connection.ts';
import { placeId, type KeptPlaces, type PatrPlace } from './places.ts';

/** A connection that this collection has made, and ends. */
export type OwnedConnection = Connection & Disposable;

interface Owned {
  readonly place: PatrPlace;
  readonly connection: OwnedConnection;
}

/**
 * Every connection that there is: the local region, and behind it the workspaces that one has connected to, in the order
 * in which that happened. Which ones those are outlives the window and is the same in all windows; a connection stays
 * the same object until something else is known of it.
 */
export class Connections implements Disposable {
  readonly #local: Connection;
  readonly #kept: KeptPlaces;
  readonly #make: (place: PatrPlace) => OwnedConnection;
  readonly #changed: Emitter<void>;
  #owned: ReadonlyMap<string, Owned> = new Map();

  constructor(
    local: Connection,
    kept: KeptPlaces,
    make: (place: PatrPlace) => OwnedConnection,
    log: Pick<Log, 'error'>,
  ) {
    this.#local = local;
    this.#kept = kept;
    this.#make = make;
    this.#changed = new Emitter((error) => log.error('A listener failed', { error: describeError(error) }));
    this.#owned = this.#madeOf(kept.all());
  }

  /** One was added or taken away. */
  get onChange() {
    return this.#changed.event;
  }

  /** Local first. */
  all(): readonly Connection[] {
    return [this.#local, ...Array.from(this.#owned.values(), ({ connection }) => connection)];
  }

  get(id: string): Connection | undefined {
    return this.all().find((one) => one.id === id);
  }

  /** What is remembered of those that are not local, in the same order. */
  places(): readonly PatrPlace[] {
    return this.#kept.all();
  }

  /** Connects to workspaces. What is known of one already is replaced. */
  async add(places: readonly PatrPlace[]): Promise<void> {
    await this.#kept.put(places);
    this.readAgain();
  }

  /** Forgets connections; what they show stays on their servers. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.#kept.remove(ids);
    this.readAgain();
  }

  /** Another window may have added some, or taken some away. */
  readAgain(): void {
    const before = this.#owned;
    this.#owned = this.#madeOf(this.#kept.all());
    const gone = Array.from(before).filter(([id, one]) => this.#owned.get(id) !== one);
    if (gone.length === 0 && before.size === this.#owned.size) return;
    this.#changed.fire();
    // Whoever has one has heard of it by now.
    for (const [, { connection }] of gone) connection.dispose();
  }

  dispose(): void {
    for (const { connection } of this.#owned.values()) connection.dispose();
    this.#changed.dispose();
  }

  #madeOf(places: readonly PatrPlace[]): ReadonlyMap<string, Owned> {
    return new Map(
      places.map((place) => {
        const known = this.#owned.get(placeId(place));
        const same = known !== undefined && isDeepStrictEqual(known.place, place);
        return [placeId(place), same ? known : { place, connection: this.#make(place) }];
      }),
    );
  }
}
