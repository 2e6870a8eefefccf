// Loads that are under way: one for each key, which whoever asks meanwhile waits for. Not here: what a load does (cache.ts).
import { context, type ReadSet } from '../context.js';
import type { DatabaseError } from '../errors.js';
import { Limit } from '../limit.js';
import type { StoredValue } from './stored-value.js';

/** What a load, or a tier in its place, has given. */
export interface Loaded {
  readonly value: StoredValue;
  readonly dependencies: readonly string[];
  readonly tick: number;
  /** answered from a tier, not by a load */
  readonly hit: boolean;
  /** its time is over: a new one is wanted */
  readonly stale?: boolean;
}

/** One load, and those who wait for it. */
export class Flight {
  /** stops the load when nobody waits for it any more */
  readonly work = new Limit();
  /** its key was deleted or set meanwhile: what comes of it may not be kept */
  dropped = false;
  result!: Promise<Loaded>;
  #waiting = 0;

  /** Whether whoever waited for it has left: what comes of it now may come after what others have loaded. */
  get abandoned(): boolean {
    return this.work.reason !== undefined;
  }

  constructor(
    readonly key: string,
    /** what it has read so far; a load that asks for its own key is found by it */
    readonly reads: ReadSet,
    /** the logical time at which it began */
    public tick: number,
    private readonly left: () => void,
  ) {}

  /** Waits for the result, up to the caller's limit, which ends this wait alone. */
  async wait(limit: Limit | undefined): Promise<Loaded> {
    this.#waiting += 1;
    const result = context().reads?.waiting(this.reads, () => this.result) ?? this.result;
    if (limit === undefined) return result;
    const off = limit.onStop((reason) => this.#leave(reason));
    try {
      return await limit.race(result);
    } finally {
      off();
    }
  }

  #leave(reason: DatabaseError): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    this.left();
    this.work.stop(reason);
  }
}

/** The flights of one cache. */
export class Flights {
  /** those that may be joined */
  readonly #byKey = new Map<string, Flight>();
  /** all that are under way, also those of transactions, which nobody may join */
  readonly #underWay = new Map<string, Set<Flight>>();

  of(key: string): Flight | undefined {
    return this.#byKey.get(key);
  }

  /** Starts a load. @param shared whether others may wait for it, too */
  start(key: string, reads: ReadSet, tick: number, shared: boolean, load: (flight: Flight) => Promise<Loaded>): Flight {
    const flight: Flight = new Flight(key, reads, tick, () => this.#unshare(flight));
    if (shared) this.#byKey.set(key, flight);
    let all = this.#underWay.get(key);
    if (all === undefined) this.#underWay.set(key, (all = new Set()));
    all.add(flight);
    flight.result = load(flight).finally(() => this.#landed(flight));
    // whoever waited may have left
    flight.result.catch(() => {});
    return flight;
  }

  #unshare(flight: Flight): void {
    if (this.#byKey.get(flight.key) === flight) this.#byKey.delete(flight.key);
  }

  #landed(flight: Flight): void {
    this.#unshare(flight);
    flight.work.dispose();
    const all = this.#underWay.get(flight.key);
    all?.delete(flight);
    if (all?.size === 0) this.#underWay.delete(flight.key);
  }

  /** Whoever asks from here on neither gets nor joins what began before; of one key, or of all. */
  drop(key?: string): void {
    const flights = key === undefined ? [...this.#underWay.values()] : [this.#underWay.get(key) ?? []];
    for (const some of flights)
      for (const flight of some) {
        flight.dropped = true;
        this.#unshare(flight);
      }
  }
}
