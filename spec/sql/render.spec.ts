import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, column, sql, type Fragment } from '@mysingle/database';
import { rawStatement, renderDdl, renderInto } from '../../lib/sql/render.js';
import { SqlBuilder } from '../../lib/sql/statement.js';
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

describe('a fragment', () => {
  it('that ends in a comment leaves alone what follows', () => {
    const noted = sql`a > ${1} -- one`;
    expect(text(sql`select ${noted}, ${sql`b -- two\n`} from t`)).to.equal('select a > $1 -- one\n, b -- two\n from t');
    expect(text(sql`select ${sql`${noted}`} -- three`)).to.equal('select a > $1 -- one\n -- three\n');
    // what is within a comment stays in it
    expect(text(sql`select 1 -- was ${sql`b -- two`} once\n, 2`)).to.equal('select 1 -- was b -- two once\n, 2');
    expect(renderDdl(sql`x > 0 -- as ${1}`)).to.equal('x > 0 -- as 1\n');
  });

  it('that names a parameter itself is refused, where values are bound too', async () => {
    for (const own of [sql`select $1, ${2}`, sql`select ${sql`$1`} + ${2}`, sql`select $name, ${2}`, sql`select $${sql`2`}, ${2}`, sql`select $_1 + ${sql.raw('$2')}, ${2}`])
      expect((await failure(() => rawStatement(own), 'E_QUERY')).message).to.match(/^sql: \$(?:1|2|name|_1) in the text would be bound to some other value\. Write the value itself in its place: \$\{value\}\.$/);
    await failure(() => renderInto(new SqlBuilder(), sql`a = $1`), 'E_QUERY');
    const none = [sql`select '$1', e'\\'$1', "$1", $$ $1 $$, $t$ $1 $t$, a$1 /* $1 */, ${2} -- $1`, sql`prepare p as select $1`];
    for (const fine of none) expect(text(fine)).to.contain('$1');
  }); // prettier-ignore

  it('of nothing in the brackets of IN says what to write', async () => {
    for (const nothing of [sql`a in (${sql.join([])})`, sql`a NOT IN ( ${sql.empty} ) and b`])
      expect((await failure(() => rawStatement(nothing), 'E_QUERY')).message).to.contain('Write in ${values} without');
    expect(text(sql`select min(${sql.empty})`)).to.equal('select min()');
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
