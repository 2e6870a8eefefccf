import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, now, sequence, sql, uuid4, uuid7, type Generated } from '@mysingle/database';
import { DefaultValue } from '../../lib/entity/default.js';
import { scalarType, type SqlType } from '../../lib/entity/types.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('made')
class Made {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('uuid', { default: uuid7() }) v7!: Generated<string>;
  @Column('varchar', { default: uuid4() }) v4!: Generated<string>;
  @Column('date', { default: now() }) day!: Generated<Date>;
  @Column('timestamp_s', { default: now() }) second!: Generated<Date>;
  @Column('timestamp', { default: now() }) naive!: Generated<Date>;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
}

describe('defaults', () => {
  it('are made for each row, in Node and in the database alike', async () => {
    const db = await openManager({ entities: [Made] });
    const rows = db.repository(Made);
    const before = Date.now();
    const one = await rows.insert({});
    await rows.insertMany([{}, { id: 50 }, {}]);
    await db.execute(sql`insert into made (id) values (60)`);
    const found = await rows.find({ orderBy: { id: 'asc' } });
    expect(found[0]).to.deep.equal(one);
    expect(found.map((row) => row.id)).to.deep.equal([1, 2, 3, 50, 60]);
    for (const row of found) {
      expect(row.v7).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
      expect(row.v4).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
      expect(row.day.getTime() % 86_400_000).to.equal(0);
      expect(row.second.getTime() % 1000).to.equal(0);
      // 1 s: the clock of a row made by the database is cut, too
      for (const at of [row.naive, row.at]) expect(Math.abs(at.getTime() - before)).to.be.lessThan(60_000);
    }
    expect(new Set(found.flatMap((row) => [row.v4, row.v7]))).to.have.property('size', 10);
  });

  it('give way to a value that is set', async () => {
    const db = await openManager({ entities: [Made] });
    const at = new Date(5);
    expect(await db.repository(Made).insert({ id: 7, at, v4: 'mine' })).to.deep.include({ id: 7, at, v4: 'mine' });
  });

  it('make the time of the clock that is handed in, before 1970 too', () => {
    const type = (name: string): SqlType => scalarType(name) as SqlType;
    const made = (name: string, ms: number): unknown => now().make?.(() => ms, type(name));
    expect(made('date', -1)).to.deep.equal(new Date(-86_400_000));
    expect(made('timestamp_s', -1)).to.deep.equal(new Date(-1000));
    expect(made('timestamptz', 1234)).to.deep.equal(new Date(1234));
    expect(now()).to.be.instanceOf(DefaultValue);
    expect(Object.isFrozen(uuid7())).to.equal(true);
  });

  it('sort UUIDs by a clock that is handed in, and those of one millisecond by their making', () => {
    let ms = 0;
    const clock = (): number => ms;
    const made = (): string => uuid7().make?.(clock, scalarType('uuid') as SqlType) as string;
    const ids = [made(), made(), ((ms = 1.7e12), made()), made()];
    expect(ids.toSorted()).to.deep.equal(ids);
    expect(ids.map((id) => Number.parseInt(id.replace('-', '').slice(0, 12), 16))).to.deep.equal([0, 0, ms, ms]);
    expect(ids[0]).to.match(/^00000000-0000-7000-[89ab]/);
    ms = 5;
    expect(made() < (ids[2] as string), 'a clock that was set back').to.equal(true);
    const own = uuid7().make?.(Date.now, scalarType('uuid') as SqlType) as string;
    expect(Math.abs(Date.now() - Number.parseInt(own.replace('-', '').slice(0, 12), 16))).to.be.below(60_000);
  });

  it('refuse a sequence name that nextval() cannot read', async () => {
    for (const name of [5, 'a"b', 'a\0', '\ud800']) await failure(() => sequence(name as string), 'E_DECLARATION');
  });
});
