// What a write pays for the cache: single rows in and changed through a repository, with values kept that depend on their table, or
// on none, or without a cache. Not here: what a hit costs (cache-hits.ts).
import type { BaseDuckDBManager } from '@mysingle/database';
import { Quote, ROWS, Venue, quoteIdOf, quoteOf, quotesIn } from './cached-quotes.js';
import { expectCount, interleaved, type Contender, type Samples } from './harness.js';

const [VALUES, TURN] = [1_000, 40] as const;
export const [NO_CACHE, OF_NONE, OF_TABLE] = ['cache: false', '1,000 values of other tables', '1,000 values of the table'] as const; // prettier-ignore

interface Side {
  readonly db: BaseDuckDBManager;
  /** before each turn, outside the clock: the first write of a turn ends what depends on its table */
  readonly fill: () => Promise<void>;
}

/** @param kept where the values are, which is elsewhere for a manager without a cache: what a turn comes after is alike for all */
async function sideOf(
  db: BaseDuckDBManager,
  kept: BaseDuckDBManager,
  entity: typeof Quote | typeof Venue,
): Promise<Side> {
  const fill = async (): Promise<void> => {
    for (let n = 0; n < VALUES; n += 1) await kept.cache.set(`value ${n}`, n, { ttl: '1h', dependsOn: [entity] });
    // what waits for the table would be written within the turn
    await kept.cache.flush();
    expectCount('values', kept.cache.stats().entries, VALUES);
  };
  await fill();
  const held = await kept.cache.get('value 1');
  expectCount('value', held, 1);
  return { db, fill };
}

const turn = ({ fill }: Side, write: () => Promise<unknown>): Contender => ({
  calls: TURN,
  prepare: fill,
  run: async () => {
    let written = 0;
    for (let n = 0; n < TURN; n += 1) if (await write()) written += 1;
    return written;
  },
  finish: (written) => expectCount('writes', written, TURN),
});

const inserts = (side: Side): Contender => {
  const quotes = side.db.repository(Quote);
  let n = ROWS;
  return turn(side, () => quotes.insert(quoteOf((n += 1))));
};

const updates = (side: Side): Contender => {
  const quotes = side.db.repository(Quote);
  let n = 0;
  return turn(side, () => {
    n += 1;
    return quotes.update({ id: quoteIdOf(n % ROWS) }, { volume: n });
  });
};

/** By short turns, for the machine is another one from second to second. */
export async function costOfWrites(): Promise<{ readonly inserted: Samples; readonly updated: Samples }> {
  const [bare, spare, other, own] = [
    await quotesIn(':memory:', false),
    await quotesIn(':memory:'),
    await quotesIn(':memory:'),
    await quotesIn(':memory:'),
  ];
  const sides = {
    [NO_CACHE]: await sideOf(bare, spare, Venue),
    [OF_NONE]: await sideOf(other, other, Venue),
    [OF_TABLE]: await sideOf(own, own, Quote),
  };
  const timed = (of: (side: Side) => Contender): Promise<Samples> =>
    interleaved(Object.fromEntries(Object.entries(sides).map(([name, side]) => [name, of(side)])), {
      rounds: 40,
      warm: 3,
      budgetMs: 12_000,
    });
  const [updated, inserted] = [await timed(updates), await timed(inserts)];
  for (const db of [bare, spare, other, own]) await db.close();
  return { inserted, updated };
}
