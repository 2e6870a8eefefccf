// What is done to the cache itself: values set and ended by hand, time that passes, its table out of order. Not here: reads,
// writes to tables.
import { isDatabaseError, type BaseDuckDBManager, type ErrorCode } from '@mysingle/database';
import { TAGS, entityOf, keyOf, tagOf, type CachedValue } from './entities.js';
import { EVERY_KEY, TABLES, keyName, tableName, tagName, type Attempt } from './ledger.js';
import { HAND_KEYS } from './lookups.js';
import { BASE_NAMES } from './reads.js';
import type { Stage } from './stage.js';

/** What happens at once, or when the transaction of the attempt commits. */
export type Effect = (stage: Stage, db: BaseDuckDBManager, attempt: Attempt) => Promise<void>;

export const EFFECTS: Readonly<Record<string, Effect>> = {
  set: async ({ ledger, below }, db, attempt) => {
    const key = HAND_KEYS[below(HAND_KEYS.length)] as string;
    const [tag, table] = [TAGS[below(TAGS.length)] as string, TABLES[below(TABLES.length)] as string];
    const depends = below(2) === 0;
    const dependsOn = depends ? [table] : [];
    const kept = ledger.keep({
      key,
      tags: [tagName(tag), ...dependsOn.map(tableName)],
      lifeMs: 60_000,
      by: attempt,
      dependsOn,
    });
    attempt.ends.push(keyName(key));
    const value: CachedValue = { loads: [kept.id], facts: [], at: new Date(kept.id) };
    await db.cache.set(key, value, {
      ttl: '1m',
      tags: [tag],
      ...(depends ? { dependsOn: [entityOf(table)] } : {}),
    });
  },
  delete: async ({ below }, db, attempt) => {
    const name = BASE_NAMES[below(BASE_NAMES.length)] as string;
    const key = [HAND_KEYS[below(HAND_KEYS.length)] as string, name, keyOf('plain', name), keyOf('graced', name)][
      below(4)
    ] as string;
    attempt.ends.push(keyName(key));
    await db.cache.delete(key);
  },
  'invalidate a tag': async ({ below }, db, attempt) => {
    const tag = tagOf(BASE_NAMES[below(BASE_NAMES.length)] as string);
    attempt.ends.push(tagName(tag));
    await db.cache.invalidate({ tags: [tag] });
  },
  'invalidate an entity': async ({ below }, db, attempt) => {
    const table = TABLES[below(TABLES.length)] as string;
    attempt.ends.push(tableName(table));
    await db.cache.invalidate({ entities: [entityOf(table)] });
  },
};

export const EFFECT_NAMES = Object.keys(EFFECTS);

/** Outside of transactions: what ends with it is `ends`. */
export const CHORES: Readonly<Record<string, (stage: Stage, attempt: Attempt) => Promise<unknown>>> = {
  clear: ({ world }, attempt) => {
    attempt.ends.push(EVERY_KEY);
    return world.db.cache.clear();
  },
  purge: ({ world }) => world.db.cache.purge(),
  flush: ({ world }) => world.db.cache.flush(),
  'let time pass': ({ world, below }) => pass(world, [1_000, 4_000, 11_000][below(3)] as number),
  'let much time pass': ({ world }) => pass(world, 3_700_000),
};

/** Between the turns: what is done in one turn is done at one time. */
async function pass(world: { now: number }, ms: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  world.now += ms;
}

/** Not a new name for the table: where rows are written to it at that time, DuckDB itself cannot read its log again after a kill. */
const HARM: readonly (readonly [harm: string, repair: string])[] = [
  ['alter table mysingle_cache rename column bytes to size', 'alter table mysingle_cache rename column size to bytes'],
  ['alter table mysingle_cache rename column value to val', 'alter table mysingle_cache rename column val to value'],
  ['drop table mysingle_cache', 'select 1'],
];

/** Its table gets out of order, and back in order. It may be in use, or not be there: then nothing happens. */
export class Vandal {
  #repair: string | undefined;

  constructor(private readonly stage: Stage) {}

  async act(): Promise<string> {
    const { world, below } = this.stage;
    // a table that is gone is missed until the next start
    const [harm, repair] = HARM[below(8) === 0 ? HARM.length - 1 : below(HARM.length - 1)] as (typeof HARM)[number];
    const text = this.#repair ?? harm;
    try {
      await world.outside.run(text);
      this.#repair = this.#repair === undefined ? repair : undefined;
      return text;
    } catch (error) {
      return `${text}: ${String(error).slice(0, 80)}`;
    }
  }

  /** A start meanwhile may have made the table anew: then what was put away is of no use any more. */
  async repair(): Promise<void> {
    for (let tries = 0; this.#repair !== undefined && tries < 10; tries += 1) await this.act();
    this.#repair = undefined;
  }
}

/** Errors of concurrent writes, and of what was stopped; those of raw connections are DuckDB's own. */
export function isExpected(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ['E_CONFLICT', 'E_UNIQUE', 'E_TX_ABORTED'];
  if (isDatabaseError(error)) return codes.includes(error.code);
  return error instanceof Error && /Conflict on |write-write conflict|Constraint Error/.test(error.message);
}
