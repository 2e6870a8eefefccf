import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { compile } from '../../lib/entity/compile.js';

const dist = join(import.meta.dirname, '..', '..', 'lib');

/** What a script prints in a process that makes no code from strings. */
function printed(script: string): unknown {
  const args = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script];
  return JSON.parse(String(execFileSync(process.execPath, args)));
}

describe('compile', () => {
  it('makes a strict function of its parameters and body', () => {
    expect(compile<[number, number], number>(['a', 'b'], 'return a - b;')?.(5, 2)).to.equal(3);
    expect(compile<[], unknown>([], 'return this;')?.()).to.equal(undefined);
    expect(() => compile([], 'return (')).to.throw(SyntaxError);
  });

  it('says where no code may be made from strings, and everything goes without', () => {
    const script = `
      const { compile } = await import(${JSON.stringify(join(dist, 'entity', 'compile.js'))});
      const { BaseDuckDBManager, Column, Table, sql } = await import(${JSON.stringify(join(dist, 'index.js'))});
      class Price { id = 0; close = 0; }
      Column('integer', { primaryKey: true })(Price.prototype, 'id');
      Column('double')(Price.prototype, 'close');
      Table()(Price);
      const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Price], logger: false });
      const prices = db.repository(Price);
      await prices.insertMany([{ id: 1, close: 1.5 }, { id: 2, close: 2.5 }]);
      await prices.insertMany({ id: [3], close: Float64Array.of(3.5) });
      await prices.insert({ id: 4, close: 4.5 });
      const [found] = await prices.find({ orderBy: { id: 'asc' }, limit: 1 });
      console.log(JSON.stringify([
        compile([], '') === undefined, found instanceof Price, found, await prices.find({ select: ['close'], where: { id: 2 } }),
        await db.query(sql\`select id, 1 as "__proto__" from price where id = 3\`), [...(await prices.findColumns()).close],
      ]));
      await db.close();`;
    expect(printed(script)).to.deep.equal([
      true,
      true,
      { id: 1, close: 1.5 },
      [{ close: 2.5 }],
      JSON.parse('[{"id":3,"__proto__":1}]'),
      [1.5, 2.5, 3.5, 4.5],
    ]);
  });
});
