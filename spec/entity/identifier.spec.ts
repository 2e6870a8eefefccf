import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Index, Table, ddlOf, struct, type EntityClass } from '@mysingle/database';
import { identifierProblem, quote, quoteLiteral, snakeCase } from '../../lib/entity/identifier.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

/** Names that SQL, paths and JavaScript would each take for something else. */
const HOSTILE = [
  'a"b', '"', '""', "o'clock", 'a.b', 'a b', ' a', 'two\nlines', 'tab\t', ';drop table x;--', '/* x */', 'select', 'at', 'order',
  '$1', '?', '\\', '한글', '\u{1F600}', 'constructor', 'toString', 'x'.repeat(1000), '/etc/passwd', 'data.csv', '%s', '{}',
]; // prettier-ignore

function entity(name: string): EntityClass<Record<string, unknown>> {
  class Hostile {
    own?: number;
  }
  (Column('integer', { primaryKey: true }) as PropertyDecorator)(Hostile.prototype, 'key');
  (Column('varchar', { name, comment: name }) as PropertyDecorator)(Hostile.prototype, name);
  (Column(struct({ [name]: 'integer' })) as unknown as PropertyDecorator)(Hostile.prototype, 'inner');
  Index([name], { name: `idx ${name}` })(Hostile);
  Table(name, { schema: `s ${name}`, comment: name })(Hostile);
  return Hostile as unknown as EntityClass<Record<string, unknown>>;
}

describe('identifier', () => {
  it('lets hostile names be names, of tables, columns, indexes, schemas and struct members', async () => {
    const path = scratchPath();
    const entities = HOSTILE.map(entity);
    const db = await openManager({ path, entities });
    for (const [index, name] of HOSTILE.entries()) {
      const rows = db.repository(entities[index] as EntityClass<Record<string, unknown>>);
      const row = { key: 1, [name]: 'v', inner: { [name]: 5 } };
      expect({ ...(await rows.insert(row)) }, name).to.deep.equal(row);
      await rows.insertMany([{ ...row, key: 2 }]);
      expect(await rows.update({ [name]: 'v' }, { [name]: 'w' }), name).to.equal(2);
      expect(
        (await rows.find({ where: { [name]: 'w' }, orderBy: { key: 'asc' } })).map((each) => ({ ...each })),
      ).to.deep.equal([
        { ...row, [name]: 'w' },
        { ...row, key: 2, [name]: 'w' },
      ]);
    }
    await db.close();
    // and the schema is recognised again
    await openManager({ path, entities, schema: 'verify' });
  });

  it('doubles quotes, and refuses a NUL', () => {
    expect(quote('a"b')).to.equal('"a""b"');
    expect(quoteLiteral("o'clock\\")).to.equal("'o''clock\\'");
    expect(() => quote('a\0')).to.throw(TypeError);
    expect(() => quoteLiteral('a\0')).to.throw(TypeError);
  });

  it('tells why a name is unusable', async () => {
    const cases: readonly (readonly [unknown, string])[] = [
      ['', 'is empty'],
      ['  ', 'is empty'],
      ['a\0b', 'holds a NUL character'],
      ['\ud800', 'holds a lone surrogate'],
      ['__proto__', 'would collide with the prototype of every object'],
      [5, 'is not a string'],
      [undefined, 'is not a string'],
    ];
    for (const [name, problem] of cases) {
      expect(identifierProblem(name)).to.equal(problem);
      if (typeof name === 'string')
        expect((await failure(() => ddlOf(entity(name)), 'E_DECLARATION')).message).to.include(problem);
    }
    for (const name of HOSTILE) expect(identifierProblem(name)).to.equal(undefined);
  });

  it('makes snake case of class and property names', () => {
    const cases: Readonly<Record<string, string>> = {
      BacktestResult: 'backtest_result', backtestResult: 'backtest_result', HTTPServer: 'http_server', userID: 'user_id',
      a: 'a', already_snake: 'already_snake', v2Name: 'v2_name', name2: 'name2', X: 'x', ABC: 'abc', ÉtéÀParis: 'été_à_paris', $x: '$x',
    }; // prettier-ignore
    for (const [name, snake] of Object.entries(cases)) expect(snakeCase(name)).to.equal(snake);
  });
});
