// What the cache kept in the file must outlive a start, however the tables are made. Not here: invalidation itself.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Index, Table, sql, type ManagerOptions } from '@mysingle/database';
import { scratchPath } from './support/scratch.js';

@Table('restart_rows')
@Index(['kind'])
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { default: 'plain' }) kind!: string;
}

class ByHand extends BaseDuckDBManager {
  protected override async createTables(): Promise<void> {
    await this.createCacheTable('by_hand_cache');
    await this.execute(sql`create table if not exists by_hand (id integer)`);
    await this.execute(sql`CREATE INDEX IF NOT EXISTS by_hand_idx ON by_hand (id)`);
    await this.execute(sql`create sequence if not exists by_hand_ids`);
    await this.execute(sql`create schema if not exists by_hand_more`);
    await this.execute(sql`create view if not exists by_hand_more.of_it as from by_hand`);
    await this.execute(sql`create macro if not exists by_hand_plus(x) as x + 1`);
    await this.transaction(() => this.execute(sql`create table if not exists by_hand_more.t (id integer)`));
    await this.duckdbConn.run('create table if not exists by_hand_raw (id integer)');
  }
}

class Replacing extends BaseDuckDBManager {
  protected override async createTables(): Promise<void> {
    await this.execute(sql`create or replace table by_hand (id integer)`);
  }
}

class Hiding extends BaseDuckDBManager {
  protected override async createTables(): Promise<void> {
    await this.transaction(() => this.execute(sql`create temp table if not exists restart_rows (id integer)`));
  }
}

async function loads(
  Manager: typeof BaseDuckDBManager,
  options: ManagerOptions,
  query = sql`select count(*) as n from restart_rows`,
): Promise<number> {
  await using db = await Manager.open({ entities: [Row], logger: false, ...options });
  await db.cache.getOrLoad('answer', { ttl: '1h' }, () => db.query(query));
  return db.cache.stats().loads;
}

describe('a restart', () => {
  for (const [what, Manager, expected] of [
    ['keeps answers where entities are only compared', BaseDuckDBManager, 0],
    ['keeps answers where createTables() only adds', ByHand, 0],
    ['ends answers where createTables() replaces', Replacing, 1],
    ['ends answers where createTables() hides a table', Hiding, 1],
  ] as const) {
    it(what, async () => {
      const path = scratchPath();
      expect(await loads(Manager, { path })).to.equal(1);
      expect(await loads(Manager, { path })).to.equal(expected);
    });
  }

  it('ends answers where something is created', async () => {
    @Table('restart_more')
    class More {
      @Column('integer', { primaryKey: true }) id!: number;
    }
    const path = scratchPath();
    expect(await loads(BaseDuckDBManager, { path })).to.equal(1);
    expect(await loads(BaseDuckDBManager, { path, entities: [Row, More] })).to.equal(1);
    expect(await loads(BaseDuckDBManager, { path, entities: [Row, More] })).to.equal(0);
  });
});
