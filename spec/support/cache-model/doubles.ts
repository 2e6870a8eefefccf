// The cache with one of its rules broken, while something runs: so that it shows whether the model sees it. Not here: the model.
import { SharedCache } from '../../../lib/cache/shared-cache.js';
import { Flight, Flights } from '../../../lib/cache/flights.js';
import type { TableClock } from '../../../lib/engine/clock.js';
import { Engine } from '../../../lib/engine/engine.js';
import { Transaction } from '../../../lib/engine/transaction.js';

/** Replaces a member of a prototype while `work` runs. */
async function broken<T>(
  prototype: object,
  name: string,
  change: (own: PropertyDescriptor) => PropertyDescriptor,
  work: () => Promise<T>,
): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  Object.defineProperty(prototype, name, { ...own, ...change(own) });
  try {
    return await work();
  } finally {
    Object.defineProperty(prototype, name, own);
  }
}

type Double = <T>(work: () => Promise<T>) => Promise<T>;

export const DOUBLES: readonly (readonly [what: string, double: Double])[] = [
  [
    'stamps a value with the end of its load',
    (work) =>
      broken(
        SharedCache.prototype,
        'store',
        ({ value: store }) => ({
          value(
            this: { readonly database: { readonly clock: TableClock } },
            key: string,
            fields: object,
            mark: number,
          ) {
            const { tick } = this.database.clock;
            return (store as SharedCache['store']).call(this as never, key, { ...fields, tick } as never, mark);
          },
        }),
        work,
      ),
  ],
  [
    'answers a transaction that has written as any other',
    (work) => broken(Transaction.prototype, 'hasWritten', () => ({ get: () => false }), work),
  ],
  [
    'lets joiners have what a load gave that a write has crossed',
    (work) =>
      broken(
        Flights.prototype,
        'start',
        ({ value: start }) => ({
          value(this: Flights, ...args: never[]) {
            const flight = (start as (...given: never[]) => Flight).apply(this, args);
            // as if it had begun behind every write
            return Object.defineProperty(flight, 'tick', { get: () => Infinity, set: () => {} });
          },
        }),
        () =>
          broken(
            Flight.prototype,
            'wait',
            ({ value: wait }) => ({
              async value(this: Flight, limit: undefined) {
                return { ...(await (wait as Flight['wait']).call(this, limit)), tick: Infinity };
              },
            }),
            work,
          ),
      ),
  ],
  [
    'stamps what a transaction reads with the time outside of it',
    (work) =>
      broken(
        Engine.prototype,
        'tick',
        () => ({
          get(this: Engine) {
            return this.database.clock.tick;
          },
        }),
        work,
      ),
  ],
];
