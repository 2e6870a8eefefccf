// What the cache tells on its channels of diagnostics.ts. Not here: what it logs (log.ts), what it does (cache.ts).
import type { CacheEvent, CacheLoadEvent } from '../diagnostic-events.js';
import { Timed, Told, cacheEvents, cacheLoads, type Origin } from '../diagnostics.js';
import { loggableKey } from './loggable-key.js';

type Type = CacheEvent['type'];

/** How a value was given without a load. */
export interface Hit {
  readonly tier: CacheEvent['tier'];
  readonly stale: boolean;
  readonly joined: boolean;
}

const NO_HIT: Hit = { tier: undefined, stale: false, joined: false };

class ToldOfCache extends Told implements CacheEvent {
  readonly key: string | undefined;
  readonly tier: CacheEvent['tier'];
  readonly stale: boolean;
  readonly joined: boolean;

  constructor(
    origin: Origin,
    readonly type: Type,
    key: string | undefined,
    { tier, stale, joined }: Hit,
    readonly error: CacheEvent['error'],
  ) {
    super(origin);
    this.key = key === undefined ? undefined : loggableKey(key);
    this.tier = tier;
    this.stale = stale;
    this.joined = joined;
  }
}

export class TracedLoad extends Timed implements CacheLoadEvent {
  readonly key: string;
  readonly stored: boolean | undefined = undefined;

  constructor(
    origin: Origin,
    key: string,
    readonly refresh: boolean,
  ) {
    super(origin);
    Timed.began(this, this.startedAt);
    this.key = loggableKey(key);
  }
}

export class CacheTelling {
  constructor(private readonly origin: Origin) {}

  hit(key: string, how: Hit): void {
    if (cacheEvents.hasSubscribers) this.#tell('hit', key, how);
  }

  did(type: Exclude<Type, 'hit' | 'tierFailure'>, key?: string): void {
    if (cacheEvents.hasSubscribers) this.#tell(type, key);
  }

  /** In the words of the logs. */
  tierFailed(
    tier: 'table' | 'store',
    { error: message, error_type: type }: { error: string; error_type: string },
  ): void {
    if (cacheEvents.hasSubscribers) this.#tell('tierFailure', undefined, { ...NO_HIT, tier }, { type, message });
  }

  /** The event of a load that begins; undefined where nobody listens. */
  load(key: string, refresh: boolean): TracedLoad | undefined {
    return cacheLoads.hasSubscribers ? new TracedLoad(this.origin, key, refresh) : undefined;
  }

  #tell(type: Type, key: string | undefined, how = NO_HIT, error?: CacheEvent['error']): void {
    cacheEvents.publish(new ToldOfCache(this.origin, type, key, how, error));
  }
}
