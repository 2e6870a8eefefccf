// What it costs to be told: one row read, one row inserted, and a hit of the cache, while nobody listens to the channels of
// `node:diagnostics_channel` and while somebody does. Not here: the same calls beside others (point.ts, cache-hits.ts).
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CACHE_CHANNEL, CACHE_LOAD_CHANNEL, QUERY_CHANNEL, TRANSACTION_CHANNEL } from '@mysingle/database';
import { interleaved, type Contender, type Samples } from './harness.js';
import { alone } from './point.js';
import { Backtest, idOf, managerWith, rowOf } from './table.js';
import { atMost, type Theme } from './theme.js';

const [ROWS, CALLS, HITS] = [100_000, 100, 20_000] as const;
const [SILENT, TOLD] = ['nobody listens', 'a subscriber to all channels'] as const;
const TIMING = { rounds: 60, warm: 10, budgetMs: 12_000 } as const;

const NAMES = [
  CACHE_CHANNEL,
  ...[QUERY_CHANNEL, TRANSACTION_CHANNEL, CACHE_LOAD_CHANNEL].flatMap((name) => [
    `tracing:${name}:start`,
    `tracing:${name}:asyncEnd`,
  ]),
];

/** The same work, while something that only counts is told of it. */
function told(silent: Contender): Contender {
  let heard = 0;
  const hear = (): void => void (heard += 1);
  return {
    ...silent,
    prepare: () => NAMES.forEach((name) => subscribe(name, hear)),
    finish: (result, prepared) => {
      for (const name of NAMES) unsubscribe(name, hear);
      if (heard === 0) throw new Error('nothing was told');
      heard = 0;
      return silent.finish?.(result, prepared);
    },
  };
}

const both = (call: () => Promise<unknown>, calls: number): Promise<Samples> =>
  interleaved({ [SILENT]: alone(calls, call), [TOLD]: told(alone(calls, call)) }, TIMING);

export async function telling(): Promise<Theme> {
  const db = await managerWith(ROWS);
  const repository = db.repository(Backtest);
  let [read, written] = [0, ROWS];
  const reads = await both(() => repository.findById(idOf((read = (read + 61_195) % ROWS))), CALLS);
  const inserts = await both(() => repository.insert(rowOf((written += 1))), CALLS);
  const load = async (): Promise<number> => 7;
  await db.cache.getOrLoad('user:k', { ttl: '1h' }, load);
  const hits = await both(() => db.cache.getOrLoad('user:k', { ttl: '1h' }, load), HITS);
  await db.close();
  const table = (title: string, samples: Samples) => ({ title, unit: 'µs', samples, against: SILENT }) as const;
  return {
    title: 'Being told of it',
    notes: [
      'The same call by turns, without and with a subscriber that counts. Without one nothing is made to be told.',
    ],
    tables: [
      table('findById, one after another', reads),
      table('insert, one after another', inserts),
      table('a hit of getOrLoad', hits),
    ],
    figures: [
      atMost('findById with a subscriber', 1.1, SILENT, reads[TOLD], reads[SILENT]),
      atMost('insert with a subscriber', 1.1, SILENT, inserts[TOLD], inserts[SILENT]),
    ],
  };
}
