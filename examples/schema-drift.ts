// Schema drift: a class that no longer says what the table is stops the start, with every difference, and changes nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseDuckDBManager, Column, Index, Table, isDatabaseError, sql } from '@mysingle/database';

@Table('trades')
class TradeOfLastYear {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('double') price!: number;
  @Column('varchar', { nullable: true }) venue!: string | null;
}

@Table('trades')
class Trade {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('decimal(18,4)') price!: string; // was a double
  @Column('varchar') venue!: string; // was nullable
  @Column('varchar', { nullable: true, unique: true }) orderId!: string | null; // is new
}

/** The same table as last year's with one index more, and another table. */
@Table('trades')
class IndexedTrade extends TradeOfLastYear {
  @Index() declare venue: string | null;
}

@Table('notes')
class Note {
  @Column('varchar', { primaryKey: true }) text!: string;
}

const folder = mkdtempSync(join(tmpdir(), 'mysingle-example-'));
const path = join(folder, 'trades.duckdb');
try {
  {
    await using db = await BaseDuckDBManager.open({ path, entities: [TradeOfLastYear], logger: false });
    await db.repository(TradeOfLastYear).insert({ id: 't1', price: 190.5 });
  }

  try {
    await BaseDuckDBManager.open({ path, entities: [Trade], logger: false });
  } catch (error) {
    if (!isDatabaseError(error, 'E_SCHEMA_DRIFT')) throw error;
    console.log(error.message);
  }

  // what is only missing is created: tables, indexes, enums, sequences
  await using db = await BaseDuckDBManager.open({ path, entities: [IndexedTrade, Note], logger: false });
  console.log('rows:', await db.repository(IndexedTrade).count());
  console.log(await db.query(sql`select table_name, index_name from duckdb_indexes()`));
} finally {
  rmSync(folder, { recursive: true });
}
