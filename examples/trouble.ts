// What surprises at first, and what to write: JSON of large numbers, NaN, days and time zones, caches that are asked why, and a pool
// that is used up.
import {
  BaseDuckDBManager,
  Cached,
  Column,
  Repository,
  Table,
  isDatabaseError,
  sql,
  toJsonSerializable,
} from '@mysingle/database';

@Table('fills')
class Fill {
  @Column('bigint', { primaryKey: true }) id!: bigint;
  @Column('double') ratio!: number;
  @Column('date') day!: Date;
}

class FillService {
  constructor(private readonly fills: Repository<Fill>) {}
  @Cached('10m') all(): Promise<number> {
    return this.fills.count();
  }
}

/** Holds nothing that has a cache. */
class Loose {
  @Cached('10m') async answer(): Promise<number> {
    return 42;
  }
}

const options = { path: ':memory:', entities: [Fill], logger: false as const };
await using db = await BaseDuckDBManager.open({ ...options, pool: { size: 1, acquireTimeout: '50ms' } });
const fills = db.repository(Fill);
const told = (error: unknown): void => console.log(isDatabaseError(error) ? `${error.code}: ${error.message}` : String(error)); // prettier-ignore

// a bigint is no JSON, and NaN becomes null: say what they become
const fill = await fills.insert({ id: 2n ** 60n, ratio: Number.NaN, day: new Date('2026-01-02') });
try {
  JSON.stringify(fill);
} catch (error) {
  told(error);
}
console.log(JSON.stringify(toJsonSerializable({ id: fill.id, day: fill.day })));
console.log(JSON.stringify({ ratio: fill.ratio }));

// a day is midnight in UTC; the midnight of another place is a time of day, and refused
await fills.insert({ id: 1n, ratio: 0, day: new Date('2026-01-02T00:00:00+09:00') }).catch(told);
const local = new Date(2026, 0, 2); // midnight wherever this runs
const utc = new Date(Date.UTC(local.getFullYear(), local.getMonth(), local.getDate()));
await fills.insert({ id: 1n, ratio: 0, day: utc });

// why a cached answer was a hit or a miss: ask by its key, which the table `mysingle_cache` shows
const service = new FillService(fills);
await service.all();
const key = 'FillService.all<main.fills>:[]';
console.log((await db.cache.explain(key)).reason);
await fills.delete({ id: 1n });
const { state, reason, written } = await db.cache.explain(key);
console.log(state, reason, written);

// a cached method that cannot tell which cache: two managers are open, and it holds neither
await using other = await BaseDuckDBManager.open(options);
await new Loose().answer().catch(told);

// a call outside of the transaction that waits for it: it needs a second connection, and there is one
await db
  .transaction(async () => {
    for await (const { id } of fills.stream()) console.log('inside, it is the same connection:', id > 0n);
  })
  .catch(told);
for await (const { id } of fills.stream()) await fills.findById(id).catch(told);
console.log(db.health().pool, other.health().status);

// what takes long: how DuckDB runs it, by operator
const { plan } = await db.explain(sql`select day, count(*) from ${Fill} group by day`);
console.log(plan.split('\n')[0]);
