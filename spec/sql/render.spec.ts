import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, column, sql, type Fragment } from '@mysingle/database';
import { rawStatement, renderDdl } from '../../lib/sql/render.js';
import { failure } from '../support/failure.js';

@Table('the "trades"', { schema: 'x' })
class Trade {
  @Column('double', { name: 'a "price"' }) price!: number;
}

const text = (fragment: Fragment): string => rawStatement(fragment).text;

describe('rawStatement', () => {
  it('makes values parameters, entities tables, columns names, and nests fragments', () => {
    const inner = sql`${column(Trade, 'price')} > ${5}`;
    const statement = rawStatement(
      sql`select ${'x'} from ${Trade} where ${inner} and ${sql.join([inner, sql`b = ${true}`], sql` or `)}${sql.empty} ${sql.raw('limit 1')}`,
    );
    expect(statement.text).to.equal(
      'select $1 from "x"."the ""trades""" where "a ""price""" > $2 and "a ""price""" > $3 or b = $4 limit 1',
    );
    expect(statement.parameters.map(({ value, type }) => [value, String(type)])).to.deep.equal([
      ['x', 'VARCHAR'],
      [5, 'INTEGER'],
      [5, 'INTEGER'],
      [true, 'BOOLEAN'],
    ]);
    expect([statement.reads, statement.writes]).to.deep.equal([['*'], ['*']]);
    expect(text(sql`select ${sql.join([1, 2])}, ${sql.join([])}`)).to.equal('select $1, $2, ');
  });

  it('takes nothing but a fragment', async () => {
    for (const value of [
      'select 1',
      { strings: ['select 1'], values: [] },
      JSON.parse('{"strings":["x"],"values":[]}'),
      null,
      undefined,
      ['select 1'],
      Trade,
    ])
      await failure(() => rawStatement(value), 'E_QUERY');
  });

  it('takes no class that is no entity', async () => {
    await failure(() => text(sql`select * from ${Map}`), 'E_QUERY');
  });
});

describe('renderDdl', () => {
  it('writes values as literals, for DDL takes no parameters', () => {
    expect(
      renderDdl(
        sql`${column(Trade, 'price')} > ${1.5} and x in (${sql.join(["it's", null, 3n])}) and ${sql`y is ${false}`} and z from ${Trade}`,
      ),
    ).to.equal(
      `"a ""price""" > CAST('1.5' AS DOUBLE) and x in ('it''s', NULL, 3) and y is FALSE and z from "x"."the ""trades"""`,
    );
  });
});
