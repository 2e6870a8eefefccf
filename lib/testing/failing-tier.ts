// A store for the cache that fails when it is told to, so that a test sees a service live on without it. Not here: a real store.
import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs, type Duration } from '../index.js';
import { knownOptions, refuse } from './known-options.js';

/**
 * How a call fails: `'error'`: it rejects, and nothing is done; `'hang'`: it is never answered; `'garbage'`: a get gives what nobody has
 * stored, a set and a delete are answered and not done; `{ slow: '1s' }`: it is done, so much later by the machine's clock.
 */
export type FailureKind = 'error' | 'hang' | 'garbage' | { readonly slow: Duration };

/** Which calls fail. */
export interface FailureOptions {
  /** of these alone; default all */
  readonly of?: 'get' | 'set' | 'delete';
  /** the first of them, counted from 1 from here on; default 1 */
  readonly from?: number;
  /** how many of them; default all */
  readonly times?: number;
}

/** One call, as the store saw it. */
export interface TierCall {
  /** which call it was */
  readonly method: 'get' | 'set' | 'delete';
  /** of which key */
  readonly key: string;
  /** whether it was made to fail */
  readonly failed: boolean;
}

/** What `failingTier` gives: a store of Keyv's kind, and its switch. */
export interface FailingTier {
  /** what is kept, as the cache asks for it */
  get(key: string): Promise<unknown>;
  /** keeps a value; `ttl` in ms */
  set(key: string, value: string, ttl?: number): Promise<unknown>;
  /** forgets a value */
  delete(key: string): Promise<unknown>;
  /** Forgets all that it holds; never fails. */
  clear(): Promise<void>;
  /** Fails from here on, in place of what was said before. @throws DatabaseError `E_CONFIG` */
  fail(how?: FailureKind, which?: FailureOptions): void;
  /** Fails no more. */
  heal(): void;
  /** what it was asked for so far */
  readonly calls: readonly TierCall[];
  /** what it holds, by its key */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * A tier for the cache that works, until it is told how to fail. The service on top must give right answers all the same: a failing tier
 * costs loads and one warning, `Cache tier failed`. After a failure the cache leaves it alone for 5 seconds by the manager's `clock`,
 * and longer the longer it fails.
 *
 * @example const tier = failingTier(); await using db = await createTestManager({ cache: { store: tier } }); tier.fail('hang');
 * @example failingTier().fail('error', { of: 'set', from: 2, times: 1 }); // the second set alone
 */
export function failingTier(): FailingTier {
  const values = new Map<string, string>();
  const calls: TierCall[] = [];
  let failing: (method: TierCall['method']) => FailureKind | undefined = () => undefined;

  const call = async <T>(method: TierCall['method'], key: string, work: () => T, garbage: T): Promise<T> => {
    const how = failing(method);
    calls.push({ method, key, failed: how !== undefined });
    if (how === undefined) return work();
    if (how === 'error') throw new Error(`failingTier: ${method} was told to fail`);
    if (how === 'garbage') return garbage;
    if (how === 'hang') return new Promise(() => {});
    await sleep(durationMs(how.slow));
    return work();
  };

  return {
    get: (key) => call<unknown>('get', key, () => values.get(key), '{"garbage":'),
    set: (key, value) => call('set', key, () => (values.set(key, value), true), true),
    delete: (key) => call('delete', key, () => values.delete(key), false),
    clear: async () => values.clear(),
    fail(how = 'error', which = {}) {
      failing = failures(how, which);
    },
    heal() {
      failing = () => undefined;
    },
    calls,
    values,
  };
}

function failures(how: FailureKind, which: FailureOptions): (method: TierCall['method']) => FailureKind | undefined {
  if (typeof how === 'object') durationMs((how as { slow?: Duration } | null)?.slow as Duration, 'slow');
  else if (!['error', 'hang', 'garbage'].includes(how))
    refuse(`fail: give 'error', 'hang', 'garbage' or { slow: '1s' }, got ${JSON.stringify(how)}.`);
  knownOptions(which, ['of', 'from', 'times'], 'fail');
  const { of, from = 1, times = Infinity } = which;
  if (of !== undefined && !['get', 'set', 'delete'].includes(of)) refuse("fail: of is 'get', 'set' or 'delete'.");
  for (const [name, value] of Object.entries({ from, times }))
    if (!(value >= 1)) refuse(`fail: ${name} is a number from 1.`);
  let number = 0;
  return (method) => {
    if (of !== undefined && method !== of) return undefined;
    number += 1;
    return number >= from && number < from + times ? how : undefined;
  };
}
