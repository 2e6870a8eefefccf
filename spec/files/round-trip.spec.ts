// What is exported comes back by importFrom as it was: every type, its ends, NULL and the empty, in each format.
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, all, array, enumOf, json, list, map, sql, struct, type Interval } from '@mysingle/database'; // prettier-ignore
import { EVERY_KIND, EveryKind } from '../support/every-kind.js';
import { openManager, scratchFolder } from '../support/scratch.js';

const I64 = 2n ** 63n;
const I128 = 2n ** 127n;

@Table('trip_ends')
class Ends {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('bigint', { nullable: true }) big!: bigint | null;
  @Column('ubigint', { nullable: true }) ubig!: bigint | null;
  @Column('hugeint', { nullable: true }) huge!: bigint | null;
  @Column('uhugeint', { nullable: true }) uhuge!: bigint | null;
  @Column('decimal(38,10)', { nullable: true }) exact!: string | null;
  @Column('decimal(4,0)', { nullable: true }) whole!: string | null;
  @Column('float', { nullable: true }) single!: number | null;
  @Column('double', { nullable: true }) real!: number | null;
  @Column('varchar', { nullable: true }) text!: string | null;
  @Column('blob', { nullable: true }) bytes!: Uint8Array | null;
  @Column('bit', { nullable: true }) bits!: string | null;
  @Column('date', { nullable: true, as: 'string' }) day!: string | null;
  @Column('timestamp', { nullable: true, as: 'string' }) at!: string | null;
  @Column('timestamp_ns', { nullable: true }) nanos!: string | null;
  @Column('timestamptz', { nullable: true, as: 'bigint' }) zoned!: bigint | null;
  @Column('time', { nullable: true }) clock!: string | null;
  @Column('timetz', { nullable: true }) clockTz!: string | null;
  @Column('interval', { nullable: true }) span!: Interval | null;
  @Column(json(), { nullable: true }) doc!: unknown;
  @Column(enumOf('trip_side', ['buy', "s'ell", ' '])) side!: 'buy' | "s'ell" | ' ';
  @Column(list('decimal(20,4)'), { nullable: true }) prices!: string[] | null;
  @Column(list('varchar'), { nullable: true }) words!: string[] | null;
  @Column(array('float', 2), { nullable: true }) pair!: number[] | null;
  @Column(list(list('hugeint')), { nullable: true }) deep!: bigint[][] | null;
  @Column(struct({ 'a "b"': 'varchar', n: 'hugeint', t: 'timestamptz' }), { nullable: true }) route!: { 'a "b"': string; n: bigint; t: Date } | null; // prettier-ignore
  @Column(map('varchar', 'decimal(9,2)'), { nullable: true }) fees!: Map<string, string> | null;
  @Column(list(json()), { nullable: true }) docs!: unknown[] | null;
}

const ROWS: Partial<Ends>[] = [
  { big: -I64, ubig: 2n * I64 - 1n, huge: -I128, uhuge: 2n * I128 - 1n, exact: '-9999999999999999999999999999.9999999999', whole: '9999' },
  { big: I64 - 1n, ubig: 0n, huge: I128 - 1n, uhuge: 0n, exact: '0.0000000001', whole: '-1' },
  { single: Math.fround(0.1), real: 0.1 + 0.2 }, { single: Number.NaN, real: Number.NaN }, { single: -0, real: -0 },
  { single: Infinity, real: -Infinity }, { real: 5e-324 }, { real: Number.MAX_VALUE }, { real: 2 ** 53 + 2 },
  { text: '' }, { text: 'NULL' }, { text: ' "x", \'y\'\r\n\t;|\\ü語😀 ' }, { text: '\u{FEFF}bom' }, { text: '007' }, { text: '1e5' }, { text: 'nan' },
  { bytes: new Uint8Array() }, { bytes: Uint8Array.from({ length: 256 }, (_each, index) => index) }, { bits: '0' }, { bits: '010101010101' },
  { day: '5000-01-01 (BC)', at: '290308-01-01 (BC) 00:00:00' }, { day: 'infinity', at: '-infinity' }, { day: '2024-02-29', at: '2024-02-29 23:59:59.999999' },
  { nanos: '2024-01-01 00:00:00.123456789', zoned: -1n, clock: '23:59:59.999999', clockTz: '10:00:00.123456+05:30' },
  { clockTz: '00:00:00-15:59:59', span: { months: -1, days: 2, micros: 3_456_789n } }, { span: { months: 0, days: 0, micros: -1n } },
  { doc: { a: [1, 'x', null, { b: true }] } }, { doc: 'text' }, { doc: 5 }, { doc: [] }, { side: "s'ell" }, { side: ' ' },
  { prices: ['1234567890123456.7891', '0.0000'], words: ['', 'a,b', '"q"', "it's", '\\', 'null', '[x]', ' s '], pair: [1.5, -0] }, { prices: [], words: [], deep: [[], [I128 - 1n]] },
  { route: { 'a "b"': `q"'{},:`, n: -I128, t: new Date(1) }, fees: new Map([['k"\',=', '1.10'], ['', '0.00']]) }, { fees: new Map() }, { docs: [{ z: 'x' }, 'text', 1, null] },
]; // prettier-ignore

const FORMATS = ['parquet', 'csv', 'json', 'ndjson', 'csv.gz', 'json.gz', 'jsonl', 'tsv', 'csv.zst'] as const;

describe('there and back', () => {
  for (const format of FORMATS) {
    it(`keeps every value in .${format}`, async () => {
      const db = await openManager({ entities: [Ends] });
      const ends = db.repository(Ends);
      await ends.insertMany(ROWS.map((row, id) => ({ side: 'buy', ...row, id }) as Ends));
      const file = join(scratchFolder(), `ends.${format}`);
      await db.duckdbConn.run('create table kept as from trip_ends');
      expect(await ends.exportTo(file)).to.equal(ROWS.length);
      await ends.delete(all());
      expect(await ends.importFrom(file)).to.equal(ROWS.length);
      const wrong = await db.query(sql`from kept except from trip_ends`);
      expect(wrong).to.deep.equal([]);
      // = holds 0 and -0 for equal
      expect(await db.query(sql`select real::varchar as real, pair::varchar as pair from trip_ends order by id`)).to.deep.equal(await db.query(sql`select real::varchar as real, pair::varchar as pair from kept order by id`)); // prettier-ignore
    });

    it(`keeps rows of every declaration in .${format}`, async () => {
      const db = await openManager({ entities: EVERY_KIND });
      const kinds = db.repository(EveryKind);
      await kinds.insert({ parentId: null, parentCode: null, odd: null });
      const file = join(scratchFolder(), `kinds.${format}`);
      const select = Object.keys(await kinds.findOneOrFail()).filter((property) => property !== 'either') as 'id'[];
      await db.duckdbConn.run(`create table kept as from "every kind ""of"" thing; 語"`);
      expect(await kinds.exportTo(file, { select })).to.equal(1);
      await kinds.delete(all());
      expect(await kinds.importFrom(file)).to.equal(1);
      expect(await db.query(sql`from kept except from ${EveryKind}`)).to.deep.equal([]);
    });
  }
});
