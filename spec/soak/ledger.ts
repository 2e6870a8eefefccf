// What was acknowledged, and whether the database has exactly that: of each lane all that was acknowledged, at most the one
// write more that was under way, nothing twice, nothing in part, all in order. Not here: killing (stage.ts).
import { sql, type BaseDuckDBManager } from '@mysingle/database';
import { ACCOUNTS, BatchRow, Leg, Mark, OPENING_BALANCE, Step } from './entities.js';
import { batchSize, changeOf, isRolledBack, kindOf } from './workload.js';

/** What can be wrong; all must be zero. */
export const WRONGS = ['lost', 'partial', 'duplicates', 'disorder', 'alien'] as const;
export type Wrong = (typeof WRONGS)[number];

interface Lane {
  acknowledged: number;
  /** sum of the keys given out */
  keys: bigint;
}

/** The rows of one write. */
interface Found {
  readonly lane: string;
  readonly n: number;
  readonly rows: number;
  /** how many of them differ from each other, where they must */
  readonly distinct: number;
  readonly sum: bigint;
  /** where the first of them stands */
  readonly at: bigint;
}

type Model = ReadonlyMap<string, { readonly n: number; readonly total: number }>;

export class Ledger {
  readonly #lanes = new Map<string, Lane>();

  /** a lane that may write from now on */
  open(lane: string): void {
    this.#lanes.set(lane, { acknowledged: 0, keys: 0n });
  }

  acknowledge(lane: string, n: number, key: bigint | undefined): void {
    const known = this.#lanes.get(lane);
    if (known === undefined || n !== known.acknowledged + 1) throw new Error(`${lane} acknowledged ${n} out of turn`);
    known.acknowledged = n;
    known.keys += key ?? 0n;
  }

  get acknowledged(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.acknowledged, 0);
  }

  /** Compares. @returns how often each thing is wrong, with a word about each */
  async check(db: BaseDuckDBManager): Promise<readonly (readonly [Wrong, string])[]> {
    const wrongs: (readonly [Wrong, string])[] = [];
    const wrong = (what: Wrong, text: string): void => void wrongs.push([what, text]);
    const found = byLane(await this.#rows(db));
    for (const lane of found.keys()) if (!this.#lanes.has(lane)) wrong('alien', `${lane} never wrote`);
    const pairs = await pairsOf(db);
    for (const [lane, known] of this.#lanes) {
      if (kindOf(lane) === 'pair') checkPairs(lane, known, pairs.get(lane) ?? new Map(), wrong);
      else checkRows(lane, known, found.get(lane) ?? [], wrong);
    }
    const accounts = await db.query<{ name: string; balance: number; moved: number }>(
      sql`select name, balance, coalesce((select sum(amount) from legs where account = name), 0)::integer as moved from accounts`,
    );
    // a file that was killed before it had its first row has none
    const opened = accounts.length > 0 || [...found.keys()].some((lane) => kindOf(lane) === 'transfer');
    if (opened && accounts.length !== ACCOUNTS) wrong('lost', `${accounts.length} accounts`);
    for (const { name, balance, moved } of accounts)
      if (balance !== OPENING_BALANCE + moved) wrong('partial', `${name} has ${balance}, its legs say ${moved}`);
    const sum = accounts.reduce((total, { balance }) => total + balance, 0);
    if (sum !== accounts.length * OPENING_BALANCE) wrong('partial', `the accounts add up to ${sum}`);
    return wrongs;
  }

  async #rows(db: BaseDuckDBManager): Promise<Found[]> {
    return [
      ...(await db.query<Found & object>(
        sql`select lane, n, count(*)::integer as rows, count(distinct id)::integer as distinct, sum(id)::bigint as sum, min(rowid) as at from ${Step} group by lane, n order by lane, n`,
      )),
      ...(await db.query<Found & object>(
        sql`select lane, n, count(*)::integer as rows, 1 as distinct, 0::bigint as sum, min(rowid) as at from ${Mark} group by lane, n order by lane, n`,
      )),
      ...(await db.query<Found & object>(
        sql`select lane, n, count(*)::integer as rows, count(distinct place)::integer as distinct, 0::bigint as sum, min(rowid) as at from ${BatchRow} group by lane, n order by lane, n`,
      )),
      ...(await db.query<Found & object>(
        sql`select lane, n, count(*)::integer as rows, count(distinct account)::integer as distinct, sum(amount)::bigint as sum, min(rowid) as at from ${Leg} group by lane, n order by lane, n`,
      )),
    ];
  }
}

function byLane<T extends { readonly lane: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.lane);
    if (group === undefined) groups.set(row.lane, [row]);
    else group.push(row);
  }
  return groups;
}

type Say = (what: Wrong, text: string) => void;

function rowsExpected(lane: string, n: number): number {
  const kind = kindOf(lane);
  if (kind === 'batch') return batchSize(lane, n);
  return kind === 'transfer' ? (isRolledBack(n) ? 0 : 2) : 1;
}

function checkRows(lane: string, known: Lane, found: readonly Found[], wrong: Say): void {
  const byNumber = new Map(found.map((row) => [row.n, row]));
  let keys = 0n;
  let before = -1n;
  for (let n = 1; n <= known.acknowledged + 1; n += 1) {
    const expected = rowsExpected(lane, n);
    const row = byNumber.get(n);
    byNumber.delete(n);
    if (row === undefined) {
      if (n <= known.acknowledged && expected > 0) wrong('lost', `${lane} ${n} of ${known.acknowledged}`);
      continue;
    }
    if (n <= known.acknowledged) keys += row.sum;
    if (row.rows > expected) wrong('duplicates', `${lane} ${n}: ${row.rows} rows for ${expected}`);
    else if (row.rows < expected || row.distinct < expected)
      wrong('partial', `${lane} ${n}: ${row.rows} rows, ${row.distinct} distinct, for ${expected}`);
    if (row.at <= before) wrong('disorder', `${lane} ${n} stands before ${n - 1}`);
    before = row.at;
  }
  for (const n of byNumber.keys()) wrong('alien', `${lane} ${n}, with ${known.acknowledged} acknowledged`);
  if (kindOf(lane) === 'step' && keys !== known.keys) wrong('lost', `${lane}: other keys than were given out`);
}

/** Either what the acknowledged writes make, or that and the one that was under way. */
function checkPairs(lane: string, { acknowledged }: Lane, found: Model, wrong: Say): void {
  const model = new Map<string, { n: number; total: number }>();
  for (let n = 1; n <= acknowledged; n += 1) change(model, lane, n);
  if (same(model, found)) return;
  change(model, lane, acknowledged + 1);
  if (!same(model, found))
    wrong('lost', `${lane} after ${acknowledged}: ${show(found)}, where it would be ${show(model)} after one more`);
}

function change(model: Map<string, { n: number; total: number }>, lane: string, n: number): void {
  const { verb, keys } = changeOf(lane, n);
  for (const key of keys) {
    const old = model.get(key);
    if (verb === 'drop') model.delete(key);
    else if (verb === 'put') model.set(key, { n, total: n });
    else if (old !== undefined) model.set(key, { n, total: old.total + n });
  }
}

const show = (model: Model): string =>
  JSON.stringify([...model].toSorted(([one], [other]) => one.localeCompare(other)));

const same = (one: Model, other: Model): boolean => show(one) === show(other);

async function pairsOf(db: BaseDuckDBManager): Promise<Map<string, Model>> {
  const rows = await db.query<{ lane: string; key: string; n: number; total: number }>(
    sql`select lane, key, n, total from pairs`,
  );
  return new Map(
    [...byLane(rows)].map(([lane, own]) => [lane, new Map(own.map(({ key, n, total }) => [key, { n, total }]))]),
  );
}
