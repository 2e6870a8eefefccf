// What comes from outside stays data, and what is declared wrong is said at once.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, sql, type EntityClass, type Generated } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager, scratchFolder, scratchPath } from '../support/scratch.js';

const EVIL = `x'; DROP TABLE "weird ""table""; --"; --`;

@Table('weird "table"; --')
class Weird {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { name: `na"me'); --` }) name!: string;
}

describe('hostile input', () => {
  it('does nothing in values, names, table names and keys', async () => {
    const db = await openManager({ path: scratchPath(), entities: [Weird] });
    const rows = db.repository(Weird);
    await rows.insert({ id: 1, name: EVIL });
    await rows.insertMany([{ id: 2, name: EVIL }]);
    await rows.upsert([{ id: 2, name: EVIL }, { id: 3, name: EVIL }]); // prettier-ignore
    expect(await rows.update({ name: EVIL }, { name: `${EVIL}!` })).to.equal(3);
    expect(await rows.count({ name: `${EVIL}!` })).to.equal(3);
    expect((await rows.find({ where: { id: 1 } })).map(({ name }) => name)).to.deep.equal([`${EVIL}!`]);
    expect(await db.query(sql`select count(*)::int as n from ${Weird} where id < ${5} and ${EVIL} = ${EVIL}`)).to.deep.equal([{ n: 3 }]); // prettier-ignore
    expect(await db.storeCacheData(EVIL, EVIL, { tableName: EVIL })).to.equal(true);
    expect(await db.getCacheData(EVIL, { tableName: EVIL })).to.equal(EVIL);
    await db.cache.set(EVIL, EVIL, { ttl: '1h' });
    expect(await db.cache.get(EVIL)).to.equal(EVIL);
    expect(await rows.delete({ name: `${EVIL}!` })).to.equal(3);
  });

  for (const name of [`it's "q"; drop table x; --`, '語 😀 %20 %s $1 #', 'two\nlines\tand a tab', `');attach 'x' as y;--`, ' spaces ', String.raw`back\slash\'`])
    it(`does nothing in paths, settings, schemas, tables, columns and backups: ${JSON.stringify(name)}`, async () => {
      @Table(name, { schema: `${name}!`, comment: name })
      class Named {
        @Column('integer', { primaryKey: true, name, comment: name }) id!: number;
        @Column('varchar', { default: name, name: `${name} 2` }) text!: Generated<string>;
      }
      const folder = join(scratchFolder(), name);
      const path = join(folder, `${name}.duckdb`);
      const settings = { custom_user_agent: name, temp_directory: join(folder, `${name}.tmp`) };
      for (const secure of [false, true]) {
        const db = await openManager({ path, entities: [Named], settings, secure });
        if (!secure) await db.repository(Named).insert({ id: 1 });
        expect(await db.repository(Named).find()).to.deep.equal([Object.assign(new Named(), { id: 1, text: name })]);
        expect(await db.query(sql`select current_setting('custom_user_agent') as a, ${name} as b`)).to.deep.equal([{ a: name, b: name }]);
        const target = join(folder, `${secure} ${name}`);
        await db.backup(target);
        await db.close();
        expect(await (await openManager({ path: target, entities: [Named] })).repository(Named).count()).to.equal(1);
        expect(readdirSync(folder).filter((each) => !each.endsWith('.tmp')).length).to.equal(secure ? 3 : 2);
      }
    }); // prettier-ignore

  it('is refused where a request body poses as a condition, an order or a patch', async () => {
    const rows = (await openManager({ entities: [Weird] })).repository(Weird);
    await rows.insert({ id: 1, name: 'a' });
    const bodies: unknown[] = [
      { id: { gt: 0 } }, { id: { kind: 'gt', operands: [0] } }, { id: [1] }, { kind: 'all', parts: [] }, { id: '1 or 1=1' }, { '1=1; --': 1 },
      { strings: ['true'], values: [] }, { constructor: 1 }, { ['__proto__']: { id: 1 } , id: { $gt: 0 } }, [], 'true', 1,
    ]; // prettier-ignore
    for (const body of bodies) {
      const where = (typeof body === 'object' ? JSON.parse(JSON.stringify(body)) : body) as never;
      for (const use of [
        () => rows.find({ where }),
        () => rows.count(where),
        () => rows.delete(where),
        () => rows.update(where, { name: 'x' }),
      ])
        // prettier-ignore
        await failure(use);
    }
    for (const orderBy of [{ 'id; --': 'asc' }, { id: 'asc; drop table x' }, 'id'])
      await failure(() => rows.find({ orderBy: orderBy as never }), 'E_QUERY');
    for (const limit of ['1; --', -1, 1.5, Number.NaN])
      await failure(() => rows.find({ limit: limit as never }), 'E_QUERY');
    await failure(rows.update({ id: 1 }, JSON.parse('{"name": {"strings": ["1"], "values": []}}') as never), 'E_CONVERSION'); // prettier-ignore
    await failure(rows.insert(JSON.parse('{"id": 2, "name": "b", "__proto__": {}}') as never), 'E_VALIDATION');
    expect((await rows.find()).map(({ id, name }) => [id, name])).to.deep.equal([[1, 'a']]);
  });

  it('is said at declaration or boot where classes do not go together', async () => {
    const declare = (table: string, columns: Record<string, string>): EntityClass => {
      const target = class Declared {
        id = 1;
      };
      for (const [property, name] of Object.entries(columns))
        (Column('integer', { name }) as (on: object, key: string) => void)(target.prototype, property);
      Table(table)(target);
      return target;
    };
    const twins = [declare('same', { a: 'a' }), declare('SAME', { b: 'b' })];
    expect((await failure(openManager({ entities: twins }), 'E_DECLARATION')).message).to.match(/same/i);
    const { message } = await failure(() => declare('t', { a: 'price', b: 'PRICE' }), 'E_DECLARATION');
    expect(message).to.match(/price/i);
    class Plain {
      id = 1;
    }
    await failure(() => new BaseDuckDBManager({ path: ':memory:', entities: [Plain] }), 'E_DECLARATION');
    await failure(() => new BaseDuckDBManager(''), 'E_CONFIG');
    await failure(() => new BaseDuckDBManager({ path: ':memory:', entitys: [] } as never), 'E_CONFIG');
  });
});
