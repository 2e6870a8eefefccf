// Entities with every kind of column, default, check, generated column, key, index, enum, sequence and comment: what boot
// must recognise as its own again, however DuckDB prints it.
import {
  Column, Index, Table, array, enumOf, json, list, map, now, sequence, sql, struct, union, uuid4, uuid7,
  type Generated, type Interval, type UnionValue,
} from '@mysingle/database'; // prettier-ignore

export const STATES = ['queued', "do'ne", 'ü "x"; --'] as const;
const state = enumOf('run "state"; x', STATES);

@Table('parents', { comment: 'what others\nrefer to; "it\'s"' })
export class Parent {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { unique: true }) code!: string;
  @Column('integer', { nullable: true, references: () => [Parent, 'id'] }) upId!: number | null;
}

@Table('every kind "of" thing; 語', {
  comment: 'all of it: it\'s\n"everything"; 😀',
  checks: {
    plain: sql`small < 1000 and "order" <> 'CAST("x" AS "DOUBLE")'`,
    'odd "name"': sql`cast(price as double) > ${-1.5} or state in (${'queued'}, ${"do'ne"})`,
    "it's": sql`"it's" is null or ("it's" < cast(small as double) + 1e9 and "x's  y" <> 'a  b')`,
    cased: sql`case when flag then length("order") between 0 and 100 else "order" like 'a%' or "order" is not null end`,
    listed: sql`len(numbers) >= 0 and (numbers[1] is null or numbers[1] > cast('-5' as decimal(18,4)))`,
    dated: sql`day > ${new Date(-1e12)} and made > timestamp '1970-01-01' and not (tags = ['x', 'y'])`,
  },
})
@Index(['small', 'big'])
@Index(['order', 'id'], { unique: true, name: 'an "odd" index; name' })
export class EveryKind {
  @Column('uuid', { primaryKey: true, default: uuid7(), comment: 'the key; "it\'s"' }) id!: Generated<string>;
  @Column('integer', { primaryKey: true, default: 7 }) part!: Generated<number>;
  @Column('bigint', { default: sequence("serial; it's 語") }) serial!: Generated<bigint>;
  @Column('integer', { default: sequence('shared.seq') }) shared!: Generated<number>;
  @Column('boolean', { default: true }) flag!: Generated<boolean>;
  @Column('tinyint', { default: -1 }) tiny!: Generated<number>;
  @Column('smallint', { default: 5, check: sql`small between -5 and 500 + 2 * 3` }) small!: Generated<number>;
  @Column('utinyint', { default: 255 }) utiny!: Generated<number>;
  @Column('usmallint', { default: 1 }) usmall!: Generated<number>;
  @Column('uinteger', { default: 4_294_967_295 }) uint!: Generated<number>;
  @Column('bigint', { default: -9_223_372_036_854_775_808n }) big!: Generated<bigint>;
  @Column('ubigint', { default: 2n ** 64n - 1n }) ubig!: Generated<bigint>;
  @Column('hugeint', { default: -(2n ** 127n) }) huge!: Generated<bigint>;
  @Column('uhugeint', { default: 2n ** 128n - 1n }) uhuge!: Generated<bigint>;
  @Column('float', { default: 1.5 }) single!: Generated<number>;
  @Column('double', { default: Number.NaN }) nan!: Generated<number>;
  @Column('double', { default: -0 }) zero!: Generated<number>;
  @Column('double', { default: -Infinity }) infinite!: Generated<number>;
  @Column('double', { default: 1e300 }) large!: Generated<number>;
  @Column('double', { default: 0.1, check: sql`ratio >= 0.0 and ratio <= 1e3` }) ratio!: Generated<number>;
  @Column('decimal(18,4)', { default: '-1.5' }) price!: Generated<string>;
  @Column('decimal(38,10)', { default: '9999999999999999999999999999.9999999999' }) exact!: Generated<string>;
  @Column('varchar', { name: 'order', default: 'it\'s "quoted"  \n; -- ü', unique: true }) order!: Generated<string>;
  @Column('varchar', { default: '' }) empty!: Generated<string>;
  @Column('varchar', { default: uuid4() }) text!: Generated<string>;
  @Column('varchar', { default: sql`upper('a' || ${"b'"}) || cast(1 + 2 as varchar)` }) made2!: Generated<string>;
  @Column('uuid', { default: '00000000-0000-4000-8000-000000000001' }) fixed!: Generated<string>;
  @Column('bit', { default: '10101' }) bits!: Generated<string>;
  @Column('blob', { default: new Uint8Array([0, 255, 39]) }) bytes!: Generated<Uint8Array>;
  @Column('date', { default: new Date('1969-02-28') }) day!: Generated<Date>;
  @Column('date', { default: now() }) today!: Generated<Date>;
  @Column('timestamp', { default: now() }) made!: Generated<Date>;
  @Column('timestamp', { default: new Date('2024-02-29T01:02:03.004Z') }) plain!: Generated<Date>;
  @Column('timestamp_s', { default: now() }) seconds!: Generated<Date>;
  @Column('timestamp_ms', { default: new Date(-1) }) millis!: Generated<Date>;
  @Column('timestamp_ns', { default: '2024-01-01 00:00:00.123456789' }) nanos!: Generated<string>;
  @Column('timestamptz', { default: now() }) zoned!: Generated<Date>;
  @Column('timestamptz', { default: new Date(1) }) zoned2!: Generated<Date>;
  @Column('time', { default: '12:34:56.789' }) clock!: Generated<string>;
  @Column('timetz', { default: '12:34:56+05:30' }) clockTz!: Generated<string>;
  @Column('interval', { default: { months: -1, days: 2, micros: 3n } }) span!: Generated<Interval>;
  @Column(json<{ a: string }>(), { default: { a: 'it\'s "x"' } }) doc!: Generated<{ a: string }>;
  @Column(state, { default: "do'ne" }) state!: Generated<(typeof STATES)[number]>;
  @Column(list(state), { default: ['queued'] }) states!: Generated<(typeof STATES)[number][]>;
  @Column('double[]', { default: [1, 2.5, Number.NaN], check: sql`numbers is distinct from cast(null as double[])` })
  numbers!: Generated<number[]>;
  @Column('varchar[]', { default: [] }) tags!: Generated<string[]>;
  @Column(array('integer', 3), { default: [1, 2, 3] }) triple!: Generated<number[]>;
  @Column(struct({ venue: 'varchar', 'the "fee"': 'decimal(5,2)', at: 'timestamptz' }), {
    default: { venue: "x's", 'the "fee"': '1.5', at: new Date(0) },
  })
  route!: Generated<{ venue: string; 'the "fee"': string; at: Date }>;
  @Column(map('varchar', 'bigint'), { default: new Map([["k'", 1n]]) }) counts!: Generated<Map<string, bigint>>;
  @Column(union({ n: 'integer', s: 'varchar' }), { default: { tag: 's', value: "a'b" } })
  either!: Generated<UnionValue<{ n: 'integer'; s: 'varchar' }>>;
  @Column('integer', { nullable: true, default: null, references: () => [Parent, 'id'], comment: '' })
  parentId!: number | null;
  @Column('varchar', { nullable: true, references: () => [Parent, 'code'] }) parentCode!: string | null;
  @Column('double', { name: "it's", nullable: true }) odd!: number | null;
  @Column('varchar', { name: "x's  y", default: 'd  d' }) odder!: Generated<string>;
  @Column('double', { nullable: true, generated: sql`cast("small" * ratio as double)` }) readonly product!:
    number | null;
  @Column('varchar', { nullable: true, generated: sql`case when flag then upper("order") else 'no "x"' end` })
  readonly shout!: string | null;
  @Column('decimal(18,2)', { nullable: true, generated: sql`cast(price * 2 as decimal(18,2))` })
  readonly twice!: string | null;
  @Column('varchar', { nullable: true, generated: sql`date_trunc('month', day)::varchar || "x's  y"[1:2]` })
  readonly month!: string | null;
}

@Table('orders', { schema: "Sales; it's eu" })
@Index(['at', 'selectId'])
export class QualifiedOrder {
  @Column('bigint', { primaryKey: true, default: sequence() }) selectId!: Generated<bigint>;
  @Column('timestamptz', { default: now(), name: 'at' }) at!: Generated<Date>;
  @Column(state, { default: 'queued', name: 'group' }) group!: Generated<(typeof STATES)[number]>;
}

@Table('lines', { schema: "Sales; it's eu" })
export class QualifiedLine {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('bigint', { references: () => [QualifiedOrder, 'selectId'] }) orderId!: bigint;
}

export const EVERY_KIND = [EveryKind, QualifiedLine, QualifiedOrder, Parent] as const;
