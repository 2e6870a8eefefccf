// A class that changed, and its table brought along by SQL: what may be altered in place, and how a table is made anew.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseDuckDBManager, Column, Index, Table, now, sql, type Generated } from '@mysingle/database';

@Table('trades')
class TradeOfLastYear {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('double') @Index() price!: number;
  @Column('varchar', { nullable: true }) venue!: string | null;
}

@Table('trades')
class Trade {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('decimal(18,4)') @Index() price!: string; // was a double
  @Column('varchar', { nullable: true, renamedFrom: 'venue' }) exchange!: string | null; // was venue
  @Column('varchar', { default: 'filled' }) state!: Generated<string>; // is new
}

@Table('trades')
class CheckedTrade {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('decimal(18,4)', { check: sql`price > 0` }) @Index() price!: string; // has a check now
  @Column('varchar', { nullable: true }) exchange!: string | null;
  @Column('varchar', { default: 'filled' }) state!: Generated<string>;
  @Column('timestamptz', { default: now() }) writtenAt!: Generated<Date>; // is new
}

const folder = mkdtempSync(join(tmpdir(), 'mysingle-example-'));
const path = join(folder, 'trades.duckdb');
try {
  {
    await using db = await BaseDuckDBManager.open({ path, entities: [TradeOfLastYear], logger: false });
    await db.repository(TradeOfLastYear).insertMany([
      { id: 't1', price: 190.5, venue: 'XNAS' },
      { id: 't2', price: 410.25, venue: null },
    ]);
  }

  // in place: without entities nothing is compared. An index stands in the way of most changes, so it goes first, in a commit of its own
  {
    await using db = await BaseDuckDBManager.open({ path, logger: false });
    await db.execute(sql`drop index trades_price_idx`);
    await db.transaction(async () => {
      await db.execute(sql`alter table trades alter column price type decimal(18,4)`);
      await db.execute(sql`alter table trades rename column venue to exchange`);
      await db.execute(sql`alter table trades add column state varchar default 'filled'`);
    });
    // a column cannot be added as NOT NULL, but made so
    await db.execute(sql`alter table trades alter column state set not null`);
    await db.checkpoint();
  }

  // the start compares again, and makes the index that is missing
  {
    await using db = await BaseDuckDBManager.open({ path, entities: [Trade], logger: false });
    const rows = await db.repository(Trade).find({ orderBy: { id: 'asc' } });
    for (const { id, price, exchange, state } of rows) console.log(id, price, exchange, state);
    console.log(await db.query(sql`select index_name from duckdb_indexes()`));
  }

  // anew: what DuckDB cannot alter, such as a check or a key. The old table keeps its rows under another name until the new one has them
  {
    await using db = await BaseDuckDBManager.open({ path, logger: false });
    await db.execute(sql`drop index trades_price_idx`);
    await db.execute(sql`alter table trades rename to trades_before`);
    await db.checkpoint();
  }
  await using db = await BaseDuckDBManager.open({ path, entities: [CheckedTrade], logger: false });
  await db.transaction(async () => {
    const moved = await db.execute(sql`
      insert into ${CheckedTrade} (id, price, exchange, state) select id, price, exchange, state from trades_before`);
    await db.execute(sql`drop table trades_before`);
    console.log('moved:', moved);
  });
  console.log(await db.repository(CheckedTrade).count({ price: '190.5' }), 'of 190.5');
} finally {
  rmSync(folder, { recursive: true });
}
