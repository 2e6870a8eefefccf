import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Cached, Column, Index, Table, enumOf, gt, json, list, sql, struct, type BaseDuckDBManager, type FindPageOptions, type Interval, type Page, type Repository } from '@mysingle/database'; // prettier-ignore
import { failure } from '../support/failure.js';
import { random } from '../support/random.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { watched } from '../support/watched.js';

const MOODS = ['zen', 'angry', 'meh'] as const;

@Table('page_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('double', { nullable: true }) real!: number | null;
  @Column('varchar', { nullable: true }) text!: string | null;
  @Column('timestamp', { nullable: true }) ts!: Date | null;
  @Column(enumOf('page_mood', MOODS), { nullable: true }) mood!: (typeof MOODS)[number] | null;
  @Column('boolean') flag!: boolean;
}

/** A column of each type that has an order, with the widest values of it. */
@Table('page_kinds')
class Kinds {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('boolean', { nullable: true }) boolean!: boolean | null;
  @Column('tinyint', { nullable: true }) tiny!: number | null;
  @Column('uinteger', { nullable: true }) uint!: number | null;
  @Column('bigint', { nullable: true }) big!: bigint | null;
  @Column('bigint', { nullable: true, as: 'number' }) bigAsNumber!: number | null;
  @Column('ubigint', { nullable: true }) ubig!: bigint | null;
  @Column('hugeint', { nullable: true }) huge!: bigint | null;
  @Column('uhugeint', { nullable: true }) uhuge!: bigint | null;
  @Column('float', { nullable: true }) float!: number | null;
  @Column('double', { nullable: true }) double!: number | null;
  @Column('decimal(38,10)', { nullable: true }) decimal!: string | null;
  @Column('decimal(4,2)', { nullable: true, as: 'number' }) small!: number | null;
  @Column('varchar', { nullable: true }) text!: string | null;
  @Column('uuid', { nullable: true }) uuid!: string | null;
  @Column('bit', { nullable: true }) bit!: string | null;
  @Column('blob', { nullable: true }) blob!: Uint8Array | null;
  @Column('date', { nullable: true, as: 'string' }) date!: string | null;
  @Column('timestamp', { nullable: true, as: 'bigint' }) timestamp!: bigint | null;
  @Column('timestamp_s', { nullable: true, as: 'string' }) seconds!: string | null;
  @Column('timestamp_ms', { nullable: true, as: 'bigint' }) millis!: bigint | null;
  @Column('timestamp_ns', { nullable: true }) nanos!: string | null;
  @Column('timestamptz', { nullable: true, as: 'bigint' }) zoned!: bigint | null;
  @Column('time', { nullable: true }) time!: string | null;
  @Column('timetz', { nullable: true }) timetz!: string | null;
  @Column('interval', { nullable: true }) interval!: Interval | null;
  @Column(enumOf('page_mood', MOODS), { nullable: true }) mood!: (typeof MOODS)[number] | null;
}

const part = (months: number, days: number, micros: bigint): Interval => ({ months, days, micros });
const I64 = 2n ** 63n;
const WIDE: { readonly [K in Exclude<keyof Kinds, 'id'>]: readonly Kinds[K][] } = {
  boolean: [true, false],
  tiny: [-128, 127, 0],
  uint: [0, 4_294_967_295],
  big: [-I64, I64 - 1n, 0n],
  bigAsNumber: [-(2 ** 53) + 1, 2 ** 53 - 1],
  ubig: [0n, 2n ** 64n - 1n, I64],
  huge: [-(2n ** 127n), 2n ** 127n - 1n, -1n],
  uhuge: [0n, 2n ** 128n - 1n],
  float: [NaN, Infinity, -Infinity, -0, 0, Math.fround(0.1), 2 ** -149, Math.fround(3.4e38)],
  double: [NaN, Infinity, -Infinity, -0, 0, 0.1, 0.1 + 0.2, 5e-324, -1.797e308],
  decimal: ['-9999999999999999999999999999.9999999999', '0.0000000001', '0', '-0.0000000001'],
  small: [-99.99, 0.01, 99.99],
  text: ['', 'a', 'A', 'é', 'a\0', 'a\u0001', "a'\"\\b", '😀', 'null', '\uFEFF'],
  uuid: ['00000000-0000-0000-0000-000000000000', '80000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  bit: ['0', '1', '10', '101', '11', '0101', '00000000', '000000001'],
  blob: [Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(255), Uint8Array.of(0, 1), Uint8Array.from({ length: 100 }, (_n, i) => i)],
  date: ['infinity', '-infinity', '5881580-07-10', '1969-12-31'],
  timestamp: [I64 - 1n, 1n - I64, 0n, -1n, 1_700_000_000_000_001n, 1_700_000_000_000_002n, 253_402_300_799_999_999n, 9_223_371_331_199_999_999n],
  seconds: ['infinity', '-infinity', '2024-01-01 00:00:01', '1969-12-31 23:59:59'],
  millis: [I64 - 1n, 0n, -1000n],
  nanos: ['2024-01-01 00:00:00.123456789', '2024-01-01 00:00:00.123456788', 'infinity', '-infinity'],
  zoned: [I64 - 1n, 1n - I64, 0n, -1n, 1_700_000_000_000_001n, 1_700_000_000_000_002n, 9_223_371_331_199_999_999n, 9_223_371_331_199_999_998n],
  time: ['00:00:00', '24:00:00', '23:59:59.999999', '12:00:00.000001'],
  timetz: ['12:00:00+00', '12:00:00+00:30', '00:30:00+01', '23:59:59.999999-15:59:59', '12:00:00+00:30:10', '24:00:00+15:59:59'],
  interval: [part(1, 0, 0n), part(0, 30, 0n), part(0, 31, 0n), part(-1, 0, 0n), part(0, 0, I64 - 1n), part(2_147_483_647, 2_147_483_647, 0n), part(0, -1, 86_400_000_000n)],
  mood: MOODS,
}; // prettier-ignore

@Cached('1h')
@Table('page_cached')
class Kept {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('timestamptz') at!: Date;
}

@Table('page_keyless')
@Index(['a', 'b'], { unique: true })
class Keyless {
  @Column('integer') a!: number;
  @Column('integer') b!: number;
  @Column('integer', { unique: true, nullable: true }) maybe!: number | null;
  @Column('integer', { unique: true }) sole!: number;
}

@Table('page_orderless')
class Orderless {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(json<{ a: number }>()) doc!: { a: number };
  @Column(list('integer')) list!: number[];
  @Column(struct({ a: 'integer' })) struct!: { a: number };
}

/** All pages, forwards from the start and back again from behind. */
async function everyPage<E extends { id: number }>(
  repository: Repository<E>,
  options: FindPageOptions<E>,
): Promise<{ there: number[]; back: number[] }> {
  const there: number[] = [];
  const back: number[] = [];
  let page = (await repository.findPage(options)) as Page<E>;
  for (;;) {
    there.push(...page.rows.map(({ id }) => id));
    if (page.next === null) break;
    page = (await repository.findPage({ ...options, after: page.next })) as Page<E>;
  }
  back.push(...page.rows.map(({ id }) => id));
  while (page.previous !== null) {
    page = (await repository.findPage({ ...options, before: page.previous })) as Page<E>;
    back.unshift(...page.rows.map(({ id }) => id));
  }
  return { there, back };
}

describe('a page', () => {
  it('has 50 rows, a cursor onwards where there are more, one back where it has come from somewhere', async () => {
    const { db, lines } = await watched({ entities: [Row] });
    const sqls = (): unknown[] => lines().map(({ sql: text }) => text);
    const rows = db.repository(Row);
    await rows.insertMany(Array.from({ length: 120 }, (_row, id) => ({ id, flag: id % 2 === 0, real: id / 4 })));
    sqls();
    const first = await rows.findPage();
    expect([first.rows.length, first.rows[49]?.id, first.previous, typeof first.next]).to.deep.equal([50, 49, null, 'string']); // prettier-ignore
    expect(first.rows[0]).to.be.instanceOf(Row);
    const second = await rows.findPage({ after: first.next as string, select: ['id', 'real'], where: { flag: true } });
    expect(second.rows.map(({ id }) => id)).to.deep.equal(Array.from({ length: 35 }, (_row, n) => 50 + 2 * n));
    expect({ ...second.rows[0] }).to.deep.equal({ id: 50, real: 12.5 });
    expect(second.next).to.equal(null);
    const options = { orderBy: { real: { dir: 'desc', nulls: 'first' }, flag: 'asc' }, limit: 2 } as const;
    const third = await rows.findPage(options);
    const fourth = await rows.findPage({ ...options, after: third.next as string });
    const back = await rows.findPage({ ...options, before: fourth.previous as string });
    expect(back).to.deep.equal({ ...third, next: back.next });
    const ALL = '"id", "real", "text", "ts", "mood", "flag"';
    expect(sqls()).to.deep.equal([
      `SELECT ${ALL}, "id" FROM "page_row" ORDER BY "id" ASC NULLS LAST LIMIT 51`,
      'SELECT "id", "real", "id" FROM "page_row" WHERE ("id" > $1) AND "flag" = $2 ORDER BY "id" ASC NULLS LAST LIMIT 51',
      `SELECT ${ALL}, "real", "flag", "id" FROM "page_row" ORDER BY "real" DESC NULLS FIRST, "flag" ASC NULLS LAST, "id" ASC NULLS LAST LIMIT 3`,
      `SELECT ${ALL}, "real", "flag", "id" FROM "page_row" WHERE "real" <= $1 AND ("real" < $2 OR ("real" = $3 AND ("flag" > $4 OR ("flag" = $5 AND ("id" > $6))))) ORDER BY "real" DESC NULLS FIRST, "flag" ASC NULLS LAST, "id" ASC NULLS LAST LIMIT 3`,
      `SELECT ${ALL}, "real", "flag", "id" FROM "page_row" WHERE ("real" > $1 OR "real" IS NULL OR ("real" = $2 AND ("flag" < $3 OR ("flag" = $4 AND ("id" < $5))))) ORDER BY "real" ASC NULLS LAST, "flag" DESC NULLS FIRST, "id" DESC NULLS FIRST LIMIT 3`,
    ]); // prettier-ignore
  });

  it('is typed by what is selected', async () => {
    const rows = (await openManager({ entities: [Row] })).repository(Row);
    expectTypeOf(await rows.findPage()).toEqualTypeOf<Page<Row>>();
    const page = await rows.findPage({ select: ['id', 'text'], after: undefined });
    expectTypeOf(page).toEqualTypeOf<Page<Pick<Row, 'id' | 'text'>>>();
    expectTypeOf(page.next).toEqualTypeOf<string | null>();
    // @ts-expect-error no such property
    await failure(rows.findPage({ orderBy: { nope: 'asc' } }), 'E_QUERY');
    // @ts-expect-error pages have no offset
    await failure(rows.findPage({ offset: 3 }), 'E_QUERY');
    // @ts-expect-error null is what the last page has, and no place to go on from
    expect((await failure(rows.findPage({ after: page.next }), 'E_QUERY')).message).to.equal('findPage on Row: the cursor is null, not the text that findPage gave. Without a cursor it starts again.'); // prettier-ignore
  });

  it('holds every value of every type that has an order', async () => {
    const db = await openManager({ entities: [Kinds] });
    const kinds = db.repository(Kinds);
    const wide = Object.entries(WIDE) as [keyof typeof WIDE, readonly never[]][];
    const most = Math.max(...wide.map(([, values]) => values.length));
    // each value twice, and NULL
    for (let id = 0; id < 2 * most + 2; id += 1)
      await kinds.insert({ id, ...Object.fromEntries(wide.map(([name, values]) => [name, values[id % (most + 1)] ?? null])) }); // prettier-ignore
    const names = (await db.query<{ p: string; n: string }>(sql`select column_name p, column_name n from duckdb_columns() where table_name = 'page_kinds' and column_name <> 'id'`)).map(({ n }) => n); // prettier-ignore
    expect(names.length).to.equal(wide.length);
    for (const [index, [property]] of wide.entries())
      for (const dir of ['asc', 'desc'] as const)
        for (const nulls of ['first', 'last'] as const) {
          const by = sql.raw(`"${names[index]}" ${dir} nulls ${nulls}, id`);
          const expected = (await db.query<{ id: number }>(sql`select id from page_kinds order by ${by}`)).map(({ id }) => id); // prettier-ignore
          const { there, back } = await everyPage(kinds, {
            orderBy: { [property]: { dir, nulls } },
            limit: 5,
            select: ['id'],
          });
          expect(there, `${property} ${dir} ${nulls}`).to.deep.equal(expected);
          expect(back, `${property} ${dir} ${nulls}, backwards`).to.deep.equal(expected);
        }
  });

  it('asks for a key that tells all rows apart', async () => {
    const keyless = (await openManager({ entities: [Keyless] })).repository(Keyless);
    for (const orderBy of [undefined, {}, { a: 'asc' }, { maybe: 'asc' }] as never[])
      expect((await failure(keyless.findPage({ orderBy }), 'E_QUERY')).message).to.equal('findPage: Keyless has no primary key, so order by a unique key without nullable columns: pages of rows that nothing tells apart would lose some of them.'); // prettier-ignore
    await keyless.insertMany([1, 2, 3].map((n) => ({ a: 1, b: n, sole: -n })));
    for (const orderBy of [{ b: 'desc', a: 'asc' }, { sole: 'asc' }] as const) {
      const page = await keyless.findPage({ orderBy, limit: 2 });
      expect(page.rows.map(({ b }) => b)).to.deep.equal([3, 2]);
      expect((await keyless.findPage({ orderBy, limit: 2, after: page.next as string })).rows.map(({ b }) => b)).to.deep.equal([1]); // prettier-ignore
    }
    const orderless = (await openManager({ entities: [Orderless] })).repository(Orderless);
    for (const [property, type] of [['doc', 'json'], ['list', 'list'], ['struct', 'struct']] as const)
      expect((await failure(orderless.findPage({ orderBy: { [property]: 'asc' } }), 'E_QUERY')).message).to.match(new RegExp(`^findPage: Orderless\\.${property} is ${type}.*, which has no order for pages\\.$`)); // prettier-ignore
  });

  const seed = Number(process.env['PAGE_SEED'] ?? Date.now() % 2 ** 31);
  it(`is the slice of the sorted rows that are there when it is read, whatever comes and goes (PAGE_SEED=${seed})`, async () => {
    const { below } = random(seed);
    const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
    const db = await openManager({ entities: [Row] });
    const rows = db.repository(Row);
    type Model = Omit<Row, 'ts'> & { ts: bigint | null };
    const made = (id: number): Model => ({
      id,
      real: pick([null, NaN, Infinity, -Infinity, -0, 0, 1.5, 0.1, below(5)]),
      text: pick([null, '', 'a', 'b', 'é', 'a\0']),
      ts: pick([null, 1_700_000_000_000_000n, 1_700_000_000_000_001n, 1_700_000_000_000_999n, -1n]),
      mood: pick([null, ...MOODS]),
      flag: below(2) === 0,
    });
    const insert = (of: readonly Model[]): Promise<number> =>
      db.execute(sql`insert into page_row ${sql.join(of.map((row) => sql`select ${row.id}, ${row.real}, ${row.text}, make_timestamp(cast(${row.ts} as bigint)), cast(${row.mood} as page_mood), ${row.flag}`), sql` union all `)}`); // prettier-ignore
    const number = (value: number): number => (Number.isNaN(value) ? Number.MAX_VALUE : value === Infinity ? 1e308 : value); // prettier-ignore
    const ranks: Record<string, (row: Model) => number | bigint | string | null> = {
      real: ({ real }) => (real === null ? null : number(real)),
      text: ({ text }) => text,
      ts: ({ ts }) => ts,
      mood: ({ mood }) => (mood === null ? null : MOODS.indexOf(mood)),
      flag: ({ flag }) => Number(flag),
      id: ({ id }) => id,
    };
    for (let round = 0; round < 25; round += 1) {
      await db.execute(sql`delete from page_row`);
      let model = Array.from({ length: 1 + below(40) }, (_row, id) => made(1000 + id));
      await insert(model);
      const names = Object.keys(ranks).filter(() => below(2) === 0).toSorted(() => below(3) - 1); // prettier-ignore
      const orderBy = names.map((name) => ({ [name]: pick(['asc', 'desc', ...(['asc', 'desc'] as const).flatMap((dir) => (['first', 'last'] as const).map((nulls) => ({ dir, nulls })))] as const) })); // prettier-ignore
      const keys = [...orderBy.flatMap((each) => Object.entries(each)), ['id', 'asc'] as const].map(([name, given]) => ({ name, ...(typeof given === 'string' ? { dir: given, nulls: 'last' } : given) })); // prettier-ignore
      const compare = (a: Model, b: Model): number => {
        for (const { name, dir, nulls } of keys) {
          const [one, other] = [ranks[name]?.(a), ranks[name]?.(b)];
          if (one === other) continue;
          if (one === null || other === null) return (one === null) === (nulls === 'first') ? -1 : 1;
          const less = typeof one === 'string' ? Buffer.compare(Buffer.from(one), Buffer.from(other as string)) < 0 : (one as number) < (other as number); // prettier-ignore
          return less === (dir === 'asc') ? -1 : 1;
        }
        return 0;
      };
      const told = `round ${round} of PAGE_SEED=${seed}, ${JSON.stringify(orderBy)}`;
      let page: Page<Row> | undefined;
      let [first, last]: (Model | undefined)[] = [];
      for (let step = 0; step < 12; step += 1) {
        const backwards = page?.previous !== null && page !== undefined && below(3) === 0;
        const limit = 1 + below(8);
        const where = below(4) === 0 ? { id: gt(1010) } : {};
        const there = model.filter(({ id }) => where.id === undefined || id > 1010).toSorted(compare);
        if (page !== undefined && !backwards && page.next === null) break;
        const cursor = page === undefined ? {} : backwards ? { before: page.previous as string } : { after: page.next as string }; // prettier-ignore
        const expected = page === undefined ? there.slice(0, limit) : backwards ? there.filter((row) => compare(row, first as Model) < 0).slice(-limit) : there.filter((row) => compare(row, last as Model) > 0).slice(0, limit); // prettier-ignore
        page = await rows.findPage({ where, orderBy: orderBy as never, limit, ...cursor });
        expect(page.rows.map(({ id }) => id), told).to.deep.equal(expected.map(({ id }) => id)); // prettier-ignore
        const beyond = there.filter((row) => expected.length > 0 && (backwards ? compare(row, expected[0] as Model) < 0 : compare(row, expected.at(-1) as Model) > 0)); // prettier-ignore
        expect((backwards ? page.previous : page.next) !== null, told).to.equal(beyond.length > 0);
        if (expected.length === 0) break;
        [first, last] = [expected[0], expected.at(-1)];
        const gone = new Set(model.filter(() => below(8) === 0).map(({ id }) => id));
        const more = Array.from({ length: below(4) }, (_row, n) => made(step * 10 + n + (below(2) === 0 ? 0 : 5000)));
        model = [...model.filter(({ id }) => !gone.has(id)), ...more];
        if (gone.size > 0) await db.execute(sql`delete from page_row where id in (${sql.join([...gone])})`);
        if (more.length > 0) await insert(more);
      }
    }
  });

  it('leads back to the row it began at, where there is nothing behind that any more', async () => {
    const rows = (await openManager({ entities: [Row] })).repository(Row);
    await rows.insertMany([1, 2, 3, 4].map((id) => ({ id, flag: true })));
    const { next } = await rows.findPage({ limit: 2 });
    const { previous } = await rows.findPage({ limit: 2, after: next as string });
    await rows.delete({ id: gt(2) });
    const behind = await rows.findPage({ limit: 2, after: next as string });
    expect([behind.rows, behind.next]).to.deep.equal([[], null]);
    expect((await rows.findPage({ limit: 1, before: behind.previous as string })).rows.map(({ id }) => id)).to.deep.equal([2]); // prettier-ignore
    await rows.delete({ id: 1 });
    await rows.delete({ id: 2 });
    await rows.insert({ id: 3, flag: true });
    const ahead = await rows.findPage({ before: previous as string });
    expect([ahead.rows, ahead.previous]).to.deep.equal([[], null]);
    expect((await rows.findPage({ after: ahead.next as string })).rows.map(({ id }) => id)).to.deep.equal([3]);
  });

  it('is cached with its entity, forwards and backwards apart, with cursors that are good after a restart', async () => {
    const path = scratchPath();
    const open = (): Promise<BaseDuckDBManager> =>
      openManager({ path, entities: [Kept], cursorSecret: 'x'.repeat(16) });
    const first = await open();
    const kept = first.repository(Kept);
    await kept.insertMany([1, 2, 3, 4, 5].map((id) => ({ id, at: new Date(id) })));
    const page = await kept.findPage({ orderBy: { id: 'asc' }, limit: 2 });
    const middle = await kept.findPage({ orderBy: { id: 'asc' }, limit: 2, after: page.next as string });
    const { hits } = first.cache.stats() as { hits: number };
    expect(await kept.findPage({ orderBy: { id: 'asc' }, limit: 2, after: page.next as string })).to.deep.equal(middle);
    expect((first.cache.stats() as { hits: number }).hits).to.equal(hits + 1);
    // the same statement, its rows the other way round
    const down = await kept.findPage({ orderBy: { id: 'desc' }, limit: 2 });
    const lower = await kept.findPage({ orderBy: { id: 'desc' }, limit: 2, after: down.next as string });
    const upper = await kept.findPage({ orderBy: { id: 'asc' }, limit: 2, before: (await kept.findPage({ orderBy: { id: 'asc' }, limit: 3, after: (await kept.findPage({ orderBy: { id: 'asc' }, limit: 3 })).next as string })).previous as string }); // prettier-ignore
    expect([lower, upper].map(({ rows }) => rows.map(({ id }) => id))).to.deep.equal([[3, 2], [2, 3]]); // prettier-ignore
    await first.close();
    const second = (await open()).repository(Kept);
    const again = await second.findPage({ orderBy: { id: 'asc' }, limit: 2 });
    expect(again).to.deep.equal(page);
    await second.delete({ id: 1 });
    expect((await second.findPage({ orderBy: { id: 'asc' }, limit: 2 })).rows.map(({ id }) => id)).to.deep.equal([2, 3]); // prettier-ignore
    expect((await second.findPage({ orderBy: { id: 'asc' }, after: page.next as string })).rows[0]).to.be.instanceOf(Kept); // prettier-ignore
  });
});

describe('a cursor', () => {
  const refused = async (repository: Repository<Row>, cursor: unknown): Promise<string> => {
    const error = await failure(repository.findPage({ after: cursor as string }), 'E_QUERY');
    if (typeof cursor === 'string' && cursor.length > 8) expect(error.message).not.to.include(cursor.slice(0, 32));
    return error.message;
  };

  it('is refused where it is damaged, forged, or of something else, without a word of it', async () => {
    const db = await openManager({ entities: [Row, Kept] });
    const rows = db.repository(Row);
    const kept = db.repository(Kept);
    await rows.insertMany([1, 2, 3].map((id) => ({ id, flag: true })));
    await kept.insertMany([1, 2, 3].map((id) => ({ id, at: new Date(id) })));
    const good = (await rows.findPage({ limit: 1 })).next as string;
    expect(good).to.match(/^[\w-]+$/);
    const DAMAGED = 'findPage on Row: the cursor is damaged, or was signed with another cursorSecret (without one it ends with its process). Without a cursor it starts again.'; // prettier-ignore
    const bytes = Buffer.from(good, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const bad = Buffer.from(bytes);
      bad[at] = (bad[at] as number) ^ 1;
      expect(await refused(rows, bad.toString('base64url'))).to.equal(DAMAGED);
    }
    for (const bad of [
      '',
      'x',
      good.slice(0, -1),
      good.slice(1),
      `${good}A`,
      `${good}==`,
      ` ${good}`,
      `${good}\n`,
      good.replace(/.$/, '+'),
      randomBytes(80).toString('base64url'),
      bytes.toString('base64') + '=',
      'x'.repeat(65_536),
    ])
      // prettier-ignore
      expect(await refused(rows, bad)).to.equal(DAMAGED);
    expect(await refused(rows, 'x'.repeat(65_537))).to.include('is longer than 64 KB');
    expect(await refused(rows, 'x'.repeat(50_000_000))).to.include('is longer than 64 KB');
    for (const [bad, what] of [
      [null, 'null'],
      [5, 'an integer'],
      [{}, 'an object'],
      [[good], 'an array'],
    ] as const)
      expect(await refused(rows, bad)).to.include(`is ${what}, not the text`);
    expect(await refused(rows, (await kept.findPage({ limit: 1 })).next)).to.include('is of another entity');
    for (const orderBy of [{ id: 'desc' }, { id: { dir: 'asc', nulls: 'first' } }, { flag: 'asc' }] as const)
      expect(await refused(rows, (await rows.findPage({ limit: 1, orderBy })).next)).to.include('is of another order: give the orderBy'); // prettier-ignore
    // said in another way it is the same order
    const same = (await rows.findPage({ limit: 1, orderBy: { id: { dir: 'asc', nulls: 'last' } } })).next as string;
    expect((await rows.findPage({ after: same })).rows.map(({ id }) => id)).to.deep.equal([2, 3]);
    expect((await failure(rows.findPage({ after: good, before: good }), 'E_QUERY')).message).to.equal('findPage: give after or before, not both.'); // prettier-ignore
    for (const limit of [0, -1, 1.5, NaN, '5', null])
      expect((await failure(rows.findPage({ limit: limit as number }), 'E_QUERY')).message).to.equal('findPage: limit is a whole number from 1.'); // prettier-ignore
  });

  it('is good with managers that have its secret', async () => {
    const open = async (cursorSecret?: string): Promise<Repository<Row>> => {
      const rows = (await openManager({ entities: [Row], ...(cursorSecret === undefined ? {} : { cursorSecret }) })).repository(Row); // prettier-ignore
      await rows.insertMany([1, 2].map((id) => ({ id, flag: true })));
      return rows;
    };
    const next = async (rows: Repository<Row>): Promise<string> => (await rows.findPage({ limit: 1 })).next as string;
    const [none, other, one, two] = await Promise.all([open(), open(), open('a secret of sixteen'), open('a secret of sixteen')]); // prettier-ignore
    expect((await other.findPage({ after: await next(none) })).rows.length).to.equal(1);
    expect((await two.findPage({ after: await next(one) })).rows.length).to.equal(1);
    await failure(none.findPage({ after: await next(one) }), 'E_QUERY');
    await failure(one.findPage({ after: await next(none) }), 'E_QUERY');
    process.env['DUCKDB_CURSOR_SECRET'] = 'a secret of sixteen';
    try {
      expect((await (await open()).findPage({ after: await next(one) })).rows.length).to.equal(1);
    } finally {
      delete process.env['DUCKDB_CURSOR_SECRET'];
    }
  });

  it('is of another order where a value of its key is no value of the column any more', async () => {
    const moods = (...values: string[]): { new (): { id: number; mood: string } } => {
      class Changing {
        id!: number;
        mood!: string;
      }
      Column('integer', { primaryKey: true })(Changing.prototype, 'id');
      (Column(enumOf('page_changing', values)) as (target: object, property: string) => void)(
        Changing.prototype,
        'mood',
      );
      Table('page_changing')(Changing);
      return Changing;
    };
    const [Before, After] = [moods('a', 'b'), moods('a')];
    const before = (await openManager({ entities: [Before] })).repository(Before);
    await before.insertMany(['a', 'b', 'b'].map((mood, id) => ({ id, mood })));
    const { next } = await before.findPage({ orderBy: { mood: 'desc' }, limit: 1 });
    const after = (await openManager({ entities: [After] })).repository(After);
    const { message } = await failure(after.findPage({ orderBy: { mood: 'desc' }, after: next as string }), 'E_QUERY');
    expect(message).to.include('is of another order');
  });

  it('of a key that is too long is an error, and no cursor', async () => {
    const rows = (await openManager({ entities: [Row] })).repository(Row);
    await rows.insertMany([1, 2].map((id) => ({ id, flag: true, text: 'x'.repeat(60_000) })));
    expect((await failure(rows.findPage({ orderBy: { text: 'asc' }, limit: 1 }), 'E_QUERY')).message).to.equal("findPage on Row: a row's keys make a cursor of more than 64 KB. Order by shorter columns."); // prettier-ignore
    expect((await rows.findPage({ orderBy: { text: 'asc' } })).rows.length).to.equal(2);
  });
});
