// Every type of a column: what its property holds, out and back; other forms by `as`; what is refused.
import {
  BaseDuckDBManager,
  Column,
  Table,
  array,
  columnsOf,
  enumOf,
  isDatabaseError,
  json,
  list,
  map,
  sequence,
  sql,
  struct,
  union,
  uuid7,
  type Generated,
  type Interval,
  type UnionValue,
} from '@mysingle/database';

@Table('numbers')
class Numbers {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('boolean') yes!: boolean;
  @Column('tinyint') small!: number; // also smallint, integer, utinyint, usmallint, uinteger
  @Column('bigint') big!: bigint; // also ubigint, hugeint, uhugeint
  @Column('bigint', { as: 'number' }) count!: number; // an error beyond 2^53, never rounded
  @Column('double') ratio!: number; // also float; NaN, the infinities and -0 come back
  @Column('decimal(18,4)') price!: string; // exact: text
  @Column('decimal(9,2)', { as: 'number' }) fee!: number; // an error where it is not exact
}

@Table('times')
class Times {
  @Column('date') day!: Date; // midnight, UTC
  @Column('date', { as: 'string' }) settles!: string;
  @Column('timestamptz') at!: Date; // also timestamp, timestamp_s, timestamp_ms: UTC
  @Column('timestamptz', { as: 'bigint' }) micros!: bigint; // since 1970; a Date has milliseconds
  @Column('timestamptz', { as: 'string' }) exact!: string;
  @Column('time') opens!: string; // also timetz, timestamp_ns
  @Column('interval') period!: Interval;
}

@Table('others')
class Others {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('bigint', { default: sequence() }) number!: Generated<bigint>;
  @Column('varchar') text!: string;
  @Column('blob') bytes!: Uint8Array;
  @Column('varchar', { nullable: true }) note!: string | null;
  @Column(enumOf('side', ['buy', 'sell'])) side!: 'buy' | 'sell';
  @Column(json<{ tags: string[] }>()) doc!: { tags: string[] };
  @Column(list('double')) equity!: number[];
  @Column(array('float', 3)) direction!: number[];
  @Column(list('varchar')) names!: (string | null)[]; // within lists DuckDB allows NULL: say so where it can be
  @Column(struct({ venue: 'varchar', fee: 'double' })) route!: { venue: string; fee: number };
  @Column(map('varchar', 'integer')) weights!: Map<string, number>;
  @Column(union({ n: 'integer', t: 'varchar' })) setting!: UnionValue<{ n: 'integer'; t: 'varchar' }>;
}

const entities = [Numbers, Times, Others];
await using db = await BaseDuckDBManager.open({ path: ':memory:', entities, logger: false });

const one = { id: 1, yes: true, small: 127, big: 2n ** 62n, count: 5, ratio: -0, price: '12.5', fee: 0.25 };
console.log(await db.repository(Numbers).insert(one));

const times = await db.repository(Times).insert({
  day: new Date('2026-01-02'),
  settles: '2026-01-06',
  at: new Date('2026-01-02T14:30:00Z'),
  micros: 1_767_364_200_000_001n,
  exact: '2026-01-02 14:30:00.000001+00',
  opens: '09:30:00',
  period: { months: 1, days: 0, micros: 0n },
});
console.log(times);

const { id, bytes, number, ...rest } = await db.repository(Others).insert({
  text: 'öäü',
  bytes: Uint8Array.of(1, 2, 3),
  side: 'buy',
  doc: { tags: ['live'] },
  equity: [100, 101.5],
  direction: Float64Array.of(0, 0.5, 1),
  names: ['a', null],
  route: { venue: 'XNAS', fee: 0.1 },
  weights: new Map([['AAPL', 60]]),
  setting: { tag: 't', value: 'dark' },
});
console.log(id.length, number, bytes.length, rest);

// what a column cannot hold exactly is an error, and never rounded, cut off or wrapped
for (const wrong of [{ small: 128 }, { small: 1.5 }, { price: '0.00001' }, { fee: 0.001 }, { big: 2n ** 63n }])
  await db
    .repository(Numbers)
    .insert({ ...one, id: 2, ...wrong })
    .catch((error: unknown) => console.log(isDatabaseError(error, 'E_CONVERSION') && error.message));

// and so is what a property cannot hold: the database may have been written by others
await db.execute(sql`insert into ${Numbers} select 3, true, 1, 1, 9007199254740993, 0, 0, 0`);
await db
  .repository(Numbers)
  .findById(3)
  .catch((error: unknown) => console.log(isDatabaseError(error, 'E_CONVERSION') && error.message));

console.log(columnsOf(Times).map(({ name, type }) => `${name} ${type.ddl}`).join(', ')); // prettier-ignore
