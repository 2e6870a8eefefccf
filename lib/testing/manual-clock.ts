// A clock that stands still until a test moves it. Not here: timers, which go by the machine's clock in any case.
import { durationMs, type Clock, type Duration } from '../index.js';
import { refuse } from './known-options.js';

/** What `manualClock` gives: the `clock` of a manager, in the hands of a test. */
export interface ManualClock extends Clock {
  /** in ms since 1970 */
  now(): number;
  /** the same as a `Date` */
  readonly date: Date;
  /** Goes on by so much. @throws DatabaseError `E_CONFIG` for what is no duration */
  advance(by: Duration): void;
  /** Goes to a moment, also back. @throws DatabaseError `E_CONFIG` for what is no moment */
  set(to: Date | string | number): void;
}

const START = '2025-01-01T00:00:00.000Z';

/**
 * A clock for `createTestManager({ clock })`, or for any manager. By it go the `ttl`, `grace` and `negativeTtl` of cached values,
 * `localTtl` and the rests of a tier that has failed; `ttlHours` and `retention` of `storeCacheData`; ttls of `keyvStore`; and the
 * defaults `now()` and `uuid7()` of rows that the library inserts.
 *
 * By the machine's clock go waits and what bounds work that really runs: `timeout`, `queryTimeout`, `lockTimeout`, `acquireTimeout`,
 * `storeTimeout`, `slowQuery`, the pause before values are written behind and the purge every five minutes (call `db.cache.purge()`);
 * and what SQL calls `now()`.
 *
 * @param start a `Date`, its text, or ms since 1970; default 2025-01-01T00:00:00.000Z
 * @throws DatabaseError `E_CONFIG` for what is no moment
 * @example const clock = manualClock(); await using db = await createTestManager({ clock }); clock.advance('5m');
 */
export function manualClock(start: Date | string | number = START): ManualClock {
  let ms = msOf(start, 'manualClock');
  return {
    now: () => ms,
    get date() {
      return new Date(ms);
    },
    advance(by) {
      ms = msOf(ms + durationMs(by, 'advance'), 'advance');
    },
    set(to) {
      ms = msOf(to, 'set');
    },
  };
}

function msOf(moment: unknown, what: string): number {
  const ms = moment instanceof Date || typeof moment === 'string' ? new Date(moment).getTime() : moment;
  if (typeof ms !== 'number' || Number.isNaN(new Date(ms).getTime()))
    refuse(`${what}: give a Date, its text as '2025-01-01T00:00:00Z', or ms since 1970; got ${String(moment)}.`);
  return ms;
}
