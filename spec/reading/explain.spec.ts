import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, contains, enumOf, gt, list, many, oneOf, sql, type Interval } from '@mysingle/database';
import { masked } from '../../lib/sql/explanation.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('explain_parent')
class Parent {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('explain_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Parent, 'id'] }) parentId!: number;
  @Column('varchar') text!: string;
  @Column('uuid') uuid!: string;
  @Column('decimal(18,4)') price!: string;
  @Column('hugeint') huge!: bigint;
  @Column('double') real!: number;
  @Column('timestamptz') at!: Date;
  @Column('date') day!: Date;
  @Column('interval') span!: Interval;
  @Column('blob') bytes!: Uint8Array;
  @Column('bit') bits!: string;
  @Column('boolean') flag!: boolean;
  @Column(enumOf('explain_state', ['hushed', 'loud'])) state!: 'hushed' | 'loud';
  @Column(list('varchar')) list!: string[];
}

const entities = [Parent, Row];
const fill = sql`insert into explain_row select i, i % 10, 'hush' || i, uuid(), i, i, i, now(), date '2031-07-09' + i, interval 77 day, 'hush', '10101', i % 2 = 0, 'hushed', ['hush'] from (select x::int as i from range(1000) r(x))`; // prettier-ignore

describe('an explanation', () => {
  it('tells the SQL, the types of its values, and the plan', async () => {
    const db = await openManager({ entities });
    await db.execute(sql`insert into explain_parent select i from range(10) r(i)`);
    await db.execute(fill);
    const rows = db.repository(Row);
    const {
      sql: text,
      parameters,
      plan,
    } = await rows.explain({ where: { id: gt(977), text: 'hush5' }, select: ['id'] });
    expect(text).to.equal('SELECT "id" FROM "explain_row" WHERE ("id" > $1 AND "text" = $2)');
    expect(parameters).to.deep.equal(['INTEGER', 'VARCHAR']);
    expect(plan)
      .to.match(/^SEQ_SCAN \(~\d+ rows\)$/m)
      .and.match(/^ +Table: \w+\.main\.explain_row$/m);
    expect(plan)
      .to.match(/Filters: .*text=\?/)
      .and.match(/id>\?/);
    const analyzed = await rows.explain({ where: { id: gt(977) }, select: ['id'] }, { analyze: true });
    expect(analyzed.plan).to.match(/^\w+ \((?:~\d+ rows, )?22 rows, [\d.]+ ms\)$/m);
    const included = await db.repository(Parent).explain({ include: { rows: many(Row, { where: { id: gt(3) } }) } });
    expect(included.plan).to.include('JOIN').and.include('explain_row');
    // @ts-expect-error no such property
    await failure(rows.explain({ where: { nope: 1 } }), 'E_QUERY');
    // @ts-expect-error no such option
    await failure(rows.explain({}, { analyse: true }), 'E_QUERY');
    await failure(rows.explain({}, { analyze: 1 as never }), 'E_QUERY');
  });

  it('shows no value, of whatever type, nor what DuckDB makes of it', async () => {
    const db = await openManager({ entities });
    await db.execute(sql`insert into explain_parent select i from range(10) r(i)`);
    await db.execute(fill);
    const rows = db.repository(Row);
    const plans = [];
    for (const where of [
      { text: 'hush77' },
      { text: oneOf(['hush77', "hu'sh, ] } 77"]) },
      { text: contains('hush77') },
      { uuid: '018f7777-0000-7000-8000-0000000077ff' },
      { price: gt('77.5') },
      { huge: gt(77n) },
      { real: gt(-77.5e-7) },
      { real: gt(Infinity) },
      { real: NaN },
      { at: gt(new Date('1977-07-07T07:07:07Z')) },
      { day: gt(new Date('1977-07-07')) },
      { span: { months: 77, days: 7, micros: 7n } },
      { bytes: Buffer.from('hush77') },
      { bits: '1011101' },
      { flag: true },
      { flag: false },
      { state: 'hushed' },
      { list: ['hush77', 'hush'] },
      sql`${'hush77'} || text = upper(${'hush77'}) and id + ${77} > 7 * ${77} and text ilike ${'%hUsh%'} and regexp_matches(text, ${'^h.sh77'})`,
    ] as never[])
      // prettier-ignore
      for (const analyze of [false, true]) plans.push(await rows.explain({ where }, { analyze }));
    for (const query of [
      sql`select ${'hush77'} as a, ${77} + id, ${true}, ${null}, ${[77, 7]}, ${['hush']} from ${Row} where text = ${'hush77'} or ${'HUSH'} = upper(text) limit ${77} offset ${7}`,
      sql`select * from range(${77}) r(i) where i <> ${77}`,
      sql`select 'hush77', 77, {'a': 'hush'}, map {'hush': 77} from ${Row}`,
      sql`insert into ${Parent} values (${77})`,
      sql`update ${Row} set text = ${'hush77'} where id = ${77}`,
      sql`delete from ${Row} where text = ${'hush77'}`,
    ])
      plans.push(await db.explain(query));
    for (const { plan } of plans) {
      expect(plan.length).to.be.greaterThan(5);
      const shown = plan.replaceAll(/[\d.]+ ms|~?\d+ rows/g, '').replaceAll(/#\[?[\d.]+\]?/g, '').replaceAll('explain_state', ''); // prettier-ignore
      expect(shown).not.to.match(/hush|77|\b(?:true|false|nan|inf\w*)\b|1011101|DECIMAL\(\d/i);
    }
    expect(await db.repository(Parent).count()).to.equal(10);
    const { parameters } = await db.explain(sql`select ${1}, ${'a'}, ${[1n]}, ${new Date()}`);
    expect(parameters).to.deep.equal(['INTEGER', 'VARCHAR', 'BIGINT[]', 'TIMESTAMP WITH TIME ZONE']);
  });

  it('shows no value beside a name with a quote, before a NUL, over several lines', async () => {
    const db = await openManager({ entities });
    await db.execute(sql`create table plain (n varchar, m varchar)`);
    await db.execute(sql`insert into plain select 'n' || i, 'm' from range(100) r(i)`);
    for (const value of ['hush\n77', 'hush\u0000 77', "hu'sh\n'hush", 'x'.repeat(5000) + 'hush', '\\hush"']) {
      const { plan } = await db.explain(sql`select n || ${value} from plain where n || ${value} <> m or ${value} > n`);
      expect(plan)
        .to.include('plain')
        .and.not.match(/hush|sh\b|77|xxx/);
    }
    await db.execute(sql`create view harmless as select n as "a", m || 'x' as "b" from plain`);
    const view = await db.explain(sql`from harmless where a > ${'hush'}`);
    expect(view.plan).to.include('Table').and.not.match(/hush/);
    const aliased = await db.explain(sql`select n as "it's", ${'hush'} || n as "b'" from plain where n > ${'hush'}`);
    expect(aliased.plan)
      .to.include('SEQ_SCAN')
      .and.not.match(/hush|Table/);
    await db.execute(sql`create table odd ("it's" varchar, n varchar)`);
    await db.execute(sql`insert into odd select 'n' || i, 'm' from range(100) r(i)`);
    const { plan } = await db.explain(sql`from odd where columns(*) || ${'hush'} = ${'hush'} || n`);
    expect(plan)
      .to.include('SEQ_SCAN')
      .and.not.match(/hush|Table/);
  });

  it('runs a SELECT alone', async () => {
    const db = await openManager({ entities });
    expect((await db.explain(sql`with p as (from ${Parent}) select count(*) from p where id > ${3}`, { analyze: true })).plan).to.match(/\(1 rows, [\d.]+ ms\)/); // prettier-ignore
    for (const query of [
      sql`insert into ${Parent} values (1)`,
      sql`with p as (select 1) insert into ${Parent} from p`,
      sql`delete from ${Parent}`,
      sql`create table x (i integer)`,
      sql`nonsense`,
    ])
      await failure(db.explain(query, { analyze: true }), 'E_QUERY');
    for (const analyze of [false, true])
      for (const query of [
        sql`select 1; insert into ${Parent} values (1)`,
        sql`explain select 1`,
        sql`select 1; select 2`,
      ])
        await failure(db.explain(query, { analyze }), 'E_QUERY');
    await failure(db.explain('select 1' as never), 'E_QUERY');
    expect(await db.repository(Parent).count()).to.equal(0);
  });

  it('leaves names and the numbers of columns', () => {
    for (const [text, expected] of [
      [`(("a ' b" = 'c "d" ''e') OR (#0 > -1.5e-7))`, `(("a ' b" = ?) OR (#0 > ?))`],
      ['x1 IS NOT NULL AND y IS NULL AND z = NULL', 'x1 IS NOT NULL AND y IS NULL AND z = ?'],
      ['struct_pack(#[14.0], t2.c3, 3, $2)', 'struct_pack(#[14.0], t2.c3, ?, $2)'],
      [`day>='2020-01-01'::DATE AND flag=true AND truely`, 'day>=?::DATE AND flag=? AND truely'],
      ["['a', 'b]'] = list_value(1, 22)", '[?, ?] = list_value(?, ?)'],
      ["(n || 'sec, ret", '(n || ?'],
    ] as const)
      expect(masked(text)).to.equal(expected);
  });
});
