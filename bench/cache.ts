// The cache: what a hit costs in memory and behind it, what many writes behind and many callers at once cost, and what a write pays.
// Not here: how each is measured (cache-hits.ts, cache-table.ts, cache-writes.ts), other caches (cache-peers.ts).
import { CACHED, GET_OR_LOAD, MAP, listHits, misses, scalarHits } from './cache-hits.js';
import { NOT_MEASURED, closeAll, peerCaches } from './cache-peers.js';
import { BEHIND, ONE_BY_ONE, PREPARED, TIER_HIT, textOf, tierHits, writes } from './cache-table.js';
import { NO_CACHE, OF_NONE, OF_TABLE, costOfWrites } from './cache-writes.js';
import { quotesIn } from './cached-quotes.js';
import { atLeast, atMost, type Theme } from './theme.js';

const [VALUES, CALLERS] = ['2,000', '1,000'] as const;

export async function cache(): Promise<Theme> {
  const caches = await peerCaches();
  const [asItIs, copied] = [caches?.asItIs() ?? {}, caches?.copied() ?? {}];
  const db = await quotesIn(':memory:');
  const scalars = await scalarHits(db, asItIs);
  const lists = await listHits(db, copied);
  const missed = await misses(db, asItIs);
  const text = await textOf(db);
  await db.close();
  await closeAll(asItIs);
  await closeAll(copied);
  const behind = await tierHits();
  const small = await writes(2_000, text.slice(0, 100), 2_000);
  const large = await writes(2_000, text, 500);
  const { inserted, updated } = await costOfWrites();
  const kilobytes = `${Math.round(Buffer.byteLength(text) / 1000)} KB`;
  const [scalar, list] = [scalars.samples, lists.samples];
  return {
    title: 'The cache',
    notes: [
      'Hits run within a context (`withContext`): every await of the process pays for AsyncLocalStorage, that of the bare Map too. Every hit is awaited.',
      'Other caches give a number as they keep it, none copies or serialises it. A list has 150 instances of 10 fields, and every caller gets a copy of its own, checked, its dates dates; one field of each row is read. bentocache and Keyv serialise as JSON, which makes texts of dates: these are made dates again by hand. cache-manager without Keyv, and bentocache without JSON, have no copies: `structuredClone` by hand. cacheable clones for each hit, but keeps the very object that the first caller has. None of them gives instances back, which the library does.',
      'The table: the values are read and written beside the bare binding with the same bytes, each on a file of its own; written one by one, 500 are enough, and times are of one value. What waits for the table is bounded to 64 MiB: of the large values 500 are set before a flush, or some would be dropped.',
      'Writes: turns of 40 in memory. Before each turn, outside the clock, 1,000 values are kept; the first write of the turn ends those of its table.',
      ...(caches === undefined ? [NOT_MEASURED] : []),
    ],
    tables: [
      { title: 'a hit of a number', unit: 'µs', samples: scalar, against: GET_OR_LOAD },
      { title: 'a hit of 150 rows, a copy for each caller', unit: 'µs', samples: list, against: GET_OR_LOAD },
      {
        title: `${CALLERS} callers miss at once, one load: for each`,
        unit: 'µs',
        samples: missed,
        against: GET_OR_LOAD,
      },
      {
        title: `a hit of 150 rows out of the table, ${kilobytes} of text`,
        unit: 'µs',
        samples: behind,
        against: PREPARED,
      },
      { title: `a value of 100 characters to the table, of ${VALUES}`, unit: 'µs', samples: small, against: BEHIND },
      { title: `a value of ${kilobytes} to the table, of ${VALUES}`, unit: 'µs', samples: large, against: BEHIND },
      { title: 'insert of a row', unit: 'µs', samples: inserted, against: NO_CACHE },
      { title: 'update of a row', unit: 'µs', samples: updated, against: NO_CACHE },
    ],
    figures: [
      atLeast('hit of a number, getOrLoad', 0.5, 'a bare Map', scalar[MAP], scalar[GET_OR_LOAD]),
      atLeast('hit of a number, @Cached', 0.5, 'a bare Map', scalar[MAP], scalar[CACHED]),
      atLeast('hit of a number, getOrLoad', 5, 'the best other cache', scalars.best, scalar[GET_OR_LOAD]),
      atLeast('hit of a number, @Cached', 5, 'the best other cache', scalars.best, scalar[CACHED]),
      {
        path: 'hits of 150 rows in a second',
        bound: 'at least',
        wanted: 50,
        unit: 'k/s',
        of: '',
        // of thousands: as many as milliseconds go into one
        measured: (list[GET_OR_LOAD] ?? []).map((ms) => 1 / ms),
      },
      atLeast('hit of 150 rows', 5, 'the best other cache', lists.best, list[GET_OR_LOAD]),
      atMost('hit of 150 rows, out of the table', 1.3, 'a prepared statement', behind[TIER_HIT], behind[PREPARED]),
      atLeast(`${VALUES} values of 100 characters`, 8, 'a statement for each', small[ONE_BY_ONE], small[BEHIND]),
      atLeast(`${VALUES} values of ${kilobytes}`, 8, 'a statement for each', large[ONE_BY_ONE], large[BEHIND]),
      atMost(`insert, ${OF_NONE}`, 1.05, NO_CACHE, inserted[OF_NONE], inserted[NO_CACHE]),
      atMost(`insert, ${OF_TABLE}`, 1.05, NO_CACHE, inserted[OF_TABLE], inserted[NO_CACHE]),
      atMost(`update, ${OF_NONE}`, 1.05, NO_CACHE, updated[OF_NONE], updated[NO_CACHE]),
      atMost(`update, ${OF_TABLE}`, 1.05, NO_CACHE, updated[OF_TABLE], updated[NO_CACHE]),
    ],
  };
}
