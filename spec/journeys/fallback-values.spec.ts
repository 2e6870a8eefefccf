// Values of every type, written in every way while another process holds the file, are in it afterwards as they went in.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, array, json, list, map, sql, struct, union, type UnionValue } from '@mysingle/database';
import { openBeside, rows } from '../support/beside.js';
import { random } from '../support/random.js';

@Table('values of "all" kinds')
class Values {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('boolean', { nullable: true }) flag!: boolean | null;
  @Column('tinyint', { nullable: true }) tiny!: number | null;
  @Column('usmallint', { nullable: true }) small!: number | null;
  @Column('bigint', { nullable: true }) big!: bigint | null;
  @Column('ubigint', { nullable: true }) ubig!: bigint | null;
  @Column('hugeint', { nullable: true }) huge!: bigint | null;
  @Column('uhugeint', { nullable: true }) uhuge!: bigint | null;
  @Column('float', { nullable: true }) single!: number | null;
  @Column('double', { nullable: true }) real!: number | null;
  @Column('decimal(38,10)', { nullable: true }) exact!: string | null;
  @Column('varchar', { name: 'it\'s "x"', nullable: true }) text!: string | null;
  @Column('uuid', { nullable: true }) token!: string | null;
  @Column('bit', { nullable: true }) bits!: string | null;
  @Column('blob', { nullable: true }) bytes!: Uint8Array | null;
  @Column('date', { nullable: true }) day!: Date | null;
  @Column('timestamp', { nullable: true }) plain!: Date | null;
  @Column('timestamp_s', { nullable: true }) seconds!: Date | null;
  @Column('timestamp_ms', { nullable: true }) millis!: Date | null;
  @Column('timestamp_ns', { nullable: true }) nanos!: string | null;
  @Column('timestamptz', { nullable: true }) zoned!: Date | null;
  @Column('time', { nullable: true }) clock!: string | null;
  @Column('timetz', { nullable: true }) clockTz!: string | null;
  @Column('interval', { nullable: true }) span!: { months: number; days: number; micros: bigint } | null;
  @Column(json(), { nullable: true }) doc!: unknown;
  @Column(list('double'), { nullable: true }) numbers!: number[] | null;
  @Column(list('varchar'), { nullable: true }) tags!: string[] | null;
  @Column(array('integer', 3), { nullable: true }) triple!: number[] | null;
  @Column(struct({ 'a "b"': 'varchar', n: 'decimal(9,2)', at: 'timestamptz' }), { nullable: true })
  route!: { 'a "b"': string; n: string; at: Date } | null;
  @Column(map('varchar', 'hugeint'), { nullable: true }) counts!: Map<string, bigint> | null;
  @Column(union({ n: 'integer', s: 'varchar' }), { nullable: true })
  either!: UnionValue<{ n: 'integer'; s: 'varchar' }> | null;
}

const TEXTS = ['', "it's", '"', '\0', 'a\0b', '\\', '\n\r\t', '$1', '$$', 'ü語😀', 'a\uFEFF', "'); drop table x; --", '/*', 'NULL', 'x'.repeat(5000)]; // prettier-ignore
// no 0 beside the -0: DuckDB's UPDATE leaves a value that is equal to the new one, sign and all
const REALS = [-0, NaN, Infinity, -Infinity, 0.1, -1.5, 5e-324, 1.7976931348623157e308, 1e15, 1e16 + 2, 2 ** 53, 123456789.125]; // prettier-ignore
const MOMENTS = [0, -1000, 1e12, -62_135_596_800_000, 253_402_300_799_000, -210_866_803_200_000];

function valuesFrom({ below, bits }: ReturnType<typeof random>): (id: number) => Values {
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const signed = (count: number): bigint => BigInt.asIntN(count, pick([bits(count), bits(8), -1n, 2n ** BigInt(count - 1), 2n ** BigInt(count - 1) - 1n])); // prettier-ignore
  const unsigned = (count: number): bigint => BigInt.asUintN(count, pick([bits(count), bits(8), -1n]));
  const moment = (): Date => new Date(pick([...MOMENTS, below(2 ** 31) * 1000]));
  const two = (limit: number): string => String(below(limit)).padStart(2, '0');
  const text = (): string => pick(TEXTS) + pick(TEXTS);
  const many = <T>(make: () => T): T[] => Array.from({ length: below(4) }, make);
  const maybe = <T>(make: () => T): T | null => (below(6) === 0 ? null : make());
  return (id) =>
    Object.assign(new Values(), {
      id,
      flag: maybe(() => below(2) === 0),
      tiny: maybe(() => Number(signed(8))),
      small: maybe(() => Number(unsigned(16))),
      big: maybe(() => signed(64)),
      ubig: maybe(() => unsigned(64)),
      huge: maybe(() => signed(128)),
      uhuge: maybe(() => unsigned(128)),
      single: maybe(() => Math.fround(pick([1.5, 0.1, -0, NaN, Infinity, 3.4e38, 1e-45]))),
      real: maybe(() => pick(REALS)),
      exact: maybe(() => `${pick(['', '-'])}${1 + below(10 ** 9)}${'0'.repeat(below(18))}.${String(bits(33)).padStart(10, '0').slice(0, 10)}`), // prettier-ignore
      text: maybe(text),
      token: maybe(() => `${bits(32).toString(16).padStart(8, '0')}-0000-4000-8000-${bits(48).toString(16).padStart(12, '0')}`), // prettier-ignore
      bits: maybe(() => `1${bits(1 + below(100)).toString(2)}`),
      bytes: maybe(() => Uint8Array.from({ length: below(40) }, () => below(256))),
      day: maybe(() => new Date(Math.floor(moment().getTime() / 86_400_000) * 86_400_000)),
      plain: maybe(moment),
      seconds: maybe(moment),
      millis: maybe(moment),
      nanos: maybe(() => `20${two(100)}-0${1 + below(9)}-1${below(10)} ${two(24)}:${two(60)}:${two(60)}.${String(below(10 ** 9)).padStart(9, '0')}`), // prettier-ignore
      zoned: maybe(moment),
      clock: maybe(() => `${two(24)}:${two(60)}:${two(60)}.00${1 + below(9)}`),
      clockTz: maybe(() => `${two(24)}:${two(60)}:${two(60)}${pick(['+00', '-11:30', '+05:45:30'])}`),
      span: maybe(() => ({ months: below(99) - 50, days: below(99) - 50, micros: signed(50) })),
      doc: maybe(() => pick<unknown>([{ a: [1, null, "it's"] }, [], 'x', 1.5, true, { '"': { '\n': '\\' } }])),
      numbers: maybe(() => many(() => pick(REALS))),
      tags: maybe(() => many(text)),
      triple: maybe(() => [below(9), -below(9), 2_147_483_647]),
      route: maybe(() => ({ 'a "b"': text(), n: `-${below(99)}.05`, at: moment() })),
      counts: maybe(() => new Map(many(() => [text(), signed(128)] as const))),
      either: maybe(() => (below(2) === 0 ? { tag: 'n', value: below(99) } : { tag: 's', value: text() })),
    } as Values);
}

describe('values that are written in fallback', () => {
  it('are of every type, random, and the same in the database afterwards', async () => {
    const made = random();
    try {
      const { db, free } = await openBeside([], { entities: [Values] });
      const repository = db.repository(Values);
      const value = valuesFrom(made);
      const batch = (from: number, count: number): Values[] =>
        Array.from({ length: count }, (_row, n) => value(from + n));
      for (const row of batch(0, 40)) await repository.insert(row);
      await repository.insertMany(batch(100, 100));
      await repository.insertMany(batch(190, 60), { onConflict: 'ignore' });
      await repository.upsert(batch(30, 90));
      for (const row of batch(300, 40)) await repository.upsert(row);
      for (const { id, ...rest } of batch(0, 40)) await repository.update({ id }, rest);
      await db.execute(sql`create table raw_values as from ${Values} limit 0`);
      await db.execute(sql`insert into raw_values select * from ${Values} where id < 200`);
      for (const { id, text, real, huge, uhuge, big, bytes, zoned, flag } of batch(0, 60)) {
        await db.execute(
          sql`update ${Values} set "it's ""x""" = ${text}, real = ${real}, huge = ${huge}, uhuge = ${uhuge}, big = ${big},
            bytes = ${bytes}, zoned = ${zoned}, flag = ${flag} where id = ${id + 300}`,
        );
        await db.execute(
          sql`insert into ${Values} (id, "it's ""x""", real, huge, uhuge, big, bytes, zoned, flag)
            values (${id + 1000}, ${text}, ${real}, ${huge}, ${uhuge}, ${big}, ${bytes}, ${zoned}, ${flag}) on conflict do nothing`,
        );
      }
      const [before, texts] = [await repository.find({ orderBy: { id: 'asc' } }), await allText(db)];
      expect(before.length).to.be.greaterThan(300);
      await free();
      expect(db.health().conflicts).to.equal(0);
      const later = await allText(db);
      const differing = texts.flatMap(([id, text], n) =>
        text === later[n]?.[1] ? [] : [`${String(id)}: ${decoded(text)} became ${decoded(later[n]?.[1])}`],
      );
      if (differing.length > 0) throw new Error(differing.join('\n'));
      expect(later.length).to.equal(texts.length);
      expect(await repository.find({ orderBy: { id: 'asc' } })).to.deep.equal(before);
    } catch (error) {
      throw new Error(`seed ${made.seed}: ${(error as Error).message.slice(0, 2000)}`, { cause: error });
    }
  });
});

/** Every value as DuckDB itself prints it. */
function allText(db: Parameters<typeof rows>[0]): Promise<unknown[][]> {
  const every = (table: string): string => `select id, hex(cast(v as varchar)) from ${table} as v`;
  return rows(db, `${every('"values of ""all"" kinds"')} union all ${every('raw_values')} order by all`);
}

const decoded = (hex: unknown): string => Buffer.from(String(hex), 'hex').toString();
