import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY, inspect, keyOf, normalised } from '../../lib/schema/inspect.js';
import { openManager } from '../support/scratch.js';

describe('inspect', () => {
  it('finds in a database that nobody has made anything in what EMPTY says', async () => {
    const db = await openManager();
    expect(await db.withConnection((connection) => inspect(connection, 'mysingle_db'))).to.deep.equal(EMPTY);
  });

  it('reads tables, constraints, indexes, sequences, views and enums of the one database it is asked about', async () => {
    const db = await openManager();
    const found = await db.withConnection(async (connection) => {
      await connection.run(`
        attach ':memory:' as one; attach ':memory:' as two; use two;
        create schema "Odd"; create table "Odd"."T" (x integer); create table hidden (x integer);
        use one; create schema "Odd"; create type mood as enum ('b', 'a'); create sequence seq start 5;
        create table parent (id integer primary key, code varchar unique);
        create table "Odd"."T" (
          "A" integer not null default 5, b mood, c decimal(18,4) default 1.5, d double generated always as ("A" * 2),
          check ("A" > 1), primary key ("A", b));
        create table child (p integer references parent (id));
        create index "I" on "Odd"."T" (c, "A"); create unique index u on child (p);
        create view v as select 1 as x`);
      const result = await inspect(connection, 'one');
      await connection.run('use mysingle_db; detach one; detach two');
      return result;
    });
    expect([...found.schemas]).to.include.members(['main', 'odd']);
    expect([...found.tables.keys()].toSorted()).to.deep.equal(['main.child', 'main.parent', 'main.v', 'odd.t']);
    expect(found.tables.get('odd.t')).to.deep.equal({
      schema: 'Odd',
      name: 'T',
      columns: [
        { name: 'A', type: 'INTEGER', nullable: false, expression: '5' },
        { name: 'b', type: "ENUM('b', 'a')", nullable: false, expression: undefined },
        { name: 'c', type: 'DECIMAL(18,4)', nullable: true, expression: '1.5' },
        { name: 'd', type: 'DOUBLE', nullable: true, expression: 'CAST((A * 2) AS DOUBLE)' },
      ],
      constraints: ['CHECK((A > 1))', 'PRIMARY KEY(A, b)'],
    });
    expect(found.tables.get('main.child')?.constraints).to.deep.equal(['FOREIGN KEY (p) REFERENCES parent(id)']);
    expect(Object.fromEntries(found.indexes)).to.deep.equal({
      'main.u': { schema: 'main', table: 'child', name: 'u', text: 'unique on [p]' },
      'odd.i': { schema: 'Odd', table: 'T', name: 'I', text: 'on [c, A]' },
    });
    expect([...found.sequences]).to.deep.equal(['main.seq']);
    expect([...found.enums]).to.deep.equal([['main.mood', ['b', 'a']]]);
    expect([...found.views]).to.include('main.v');
  });

  it('folds names as DuckDB does', () => {
    expect([keyOf(undefined, 'Trades'), keyOf('Odd', 'X')]).to.deep.equal(['main.trades', 'odd.x']);
  });
});

describe('normalised', () => {
  for (const [fresh, stored] of [
    ['CAST(x AS "DOUBLE")', 'CAST(x AS DOUBLE)'],
    ['CAST(NULL AS "DOUBLE"[][])', 'CAST(NULL AS DOUBLE[][])'],
    ['CAST(x AS DECIMAL(18, 4))', 'CAST(x AS DECIMAL(18,4))'],
    ["CAST('1' AS BIT(1))", "CAST('1' AS BIT)"],
    [`("it's" > CAST(a AS "DOUBLE")) AND ("x's" = 'b')`, `("it's" > CAST(a AS DOUBLE)) AND ("x's" = 'b')`],
    [`(a = '"') AND (CAST(b AS "DATE") = '"')`, `(a = '"') AND (CAST(b AS DATE) = '"')`],
  ] as const)
    it(`takes ${fresh} for ${stored}`, () => expect(normalised(fresh)).to.equal(normalised(stored)));

  for (const [one, other] of [
    ["'a b'", "'a  b'"],
    ["'a, b'", "'a,b'"],
    [`'CAST("x" AS "DOUBLE")'`, `'CAST(x AS DOUBLE)'`],
    ["'BIT(1)'", "'BIT'"],
    ["'it''s  '' x'", "'it''s '' x'"],
    ['"a  b"', '"a b"'],
    ['a > 1', 'a > 2'],
  ] as const)
    it(`tells ${one} from ${other}`, () => expect(normalised(one)).to.not.equal(normalised(other)));
});
