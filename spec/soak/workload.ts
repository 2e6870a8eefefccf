// The writes of the soak, each a function of its lane and its number: so whoever checks knows what was written without being
// told. Not here: the process that does them (worker.ts), the check (ledger.ts).
import { sql, type BaseDuckDBManager } from '@mysingle/database';
import { random } from '../support/random.js';
import { ACCOUNTS, Account, BatchRow, Leg, Mark, Pair, Step } from './entities.js';

/** Kinds of lanes. A lane does one write after the other, and each once. */
export const KINDS = ['step', 'mark', 'batch', 'transfer', 'pair'] as const;
export type Kind = (typeof KINDS)[number];

/** `<worker>.<kind>.<number>` */
export const kindOf = (lane: string): Kind => lane.split('.')[1] as Kind;

/** Numbers that depend on the lane and the write alone. */
function chance(lane: string, n: number): (limit: number) => number {
  let hash = n;
  for (const character of lane) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  return random(hash).below;
}

/** below, at and above what the library treats alike: one row, rows as parameters, rows as a table, several chunks */
const SIZES = [1, 2, 63, 64, 65, 300, 2047, 2049, 4100] as const;

export const batchSize = (lane: string, n: number): number => SIZES[chance(lane, n)(SIZES.length)] as number;

/** Every seventh transfer is rolled back on purpose. */
export const isRolledBack = (n: number): boolean => n % 7 === 0;

/** What a write does to the pairs of its lane. */
export type Change =
  | { readonly verb: 'put'; readonly keys: readonly string[] }
  | { readonly verb: 'add' | 'drop'; readonly keys: readonly [string] };

const KEYS = 5;

export function changeOf(lane: string, n: number): Change {
  const below = chance(lane, n);
  const first = below(KEYS);
  const key = (offset: number): string => `${lane}/${(first + offset) % KEYS}`;
  const choice = below(10);
  if (choice < 4) return { verb: 'put', keys: [key(0)] };
  if (choice < 6) return { verb: 'put', keys: [key(0), key(1), key(2)] };
  return { verb: choice < 9 ? 'add' : 'drop', keys: [key(0)] };
}

/** Does one write. @returns the key that was given out, where one was */
export type Write = (db: BaseDuckDBManager, lane: string, n: number) => Promise<bigint | undefined>;

export const WRITES: Readonly<Record<Kind, Write>> = {
  step: async (db, lane, n) => (await db.repository(Step).insert({ lane, n })).id,
  mark: async (db, lane, n) => {
    await db.execute(sql`insert into ${Mark} (lane, n) values (${lane}, ${n})`);
    return undefined;
  },
  batch: async (db, lane, n) => {
    const size = batchSize(lane, n);
    const rows = Array.from({ length: size }, (_row, place) => ({ lane, n, size, place }));
    await db.repository(BatchRow).insertMany(rows);
    return undefined;
  },
  transfer: async (db, lane, n) => {
    const below = chance(lane, n);
    const from = below(ACCOUNTS);
    const to = (from + 1 + below(ACCOUNTS - 1)) % ACCOUNTS;
    const amount = 1 + below(50);
    try {
      await db.transaction(() => transfer(db, lane, n, [`a${from}`, `a${to}`], amount), { retries: 100 });
    } catch (error) {
      if (error !== ON_PURPOSE) throw error;
    }
    return undefined;
  },
  pair: async (db, lane, n) => {
    const pairs = db.repository(Pair);
    const change = changeOf(lane, n);
    const [first] = change.keys as [string];
    if (change.verb === 'drop') await pairs.delete({ key: first });
    else if (change.verb === 'add') await pairs.update({ key: first }, { n, total: sql`total + ${n}` });
    else {
      const rows = change.keys.map((key) => ({ key, lane, n, total: n }));
      await pairs.upsert(rows.length === 1 ? (rows[0] as (typeof rows)[number]) : rows);
    }
    return undefined;
  },
};

const ON_PURPOSE = new Error('rolled back on purpose');

async function transfer(
  db: BaseDuckDBManager,
  lane: string,
  n: number,
  [from, to]: readonly [string, string],
  amount: number,
): Promise<void> {
  const [accounts, legs] = [db.repository(Account), db.repository(Leg)];
  await accounts.update({ name: from }, { balance: sql`balance - ${amount}` });
  await legs.insert({ lane, n, account: from, amount: -amount });
  if (isRolledBack(n)) throw ON_PURPOSE;
  await accounts.update({ name: to }, { balance: sql`balance + ${amount}` });
  await legs.insert({ lane, n, account: to, amount });
}
