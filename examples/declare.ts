// Declaring: an entity class says what a table holds. No database is needed to see the result.
import { Column, type Generated, Index, Table, columnsOf, ddlOf, isDatabaseError, sql } from '@mysingle/database';
import { enumOf, json, list, now, sequence, struct, uuid7 } from '@mysingle/database';

@Table({ comment: 'accounts that strategies trade on' }) // the table is "account", after the class
class Account {
  @Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
  @Column('varchar', { unique: true }) name!: string;
}

@Table('orders', { checks: { sane: sql`quantity > 0 and price > 0` } })
@Index(['accountId', 'createdAt'])
class Order {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>; // made in Node, sorts by time
  @Column('bigint', { references: () => [Account, 'id'] }) accountId!: bigint;
  @Column('integer') quantity!: number;
  @Column('decimal(18,4)') price!: string; // exact, therefore text
  @Column('decimal(18,4)', { generated: sql`quantity * price` }) readonly value!: Generated<string>;
  @Column(enumOf('side', ['buy', 'sell'])) side!: 'buy' | 'sell';
  @Column(list('double')) fills!: number[];
  @Column(struct({ venue: 'varchar', fee: 'double' })) route!: { venue: string; fee: number };
  @Column(json<{ tags: string[] }>(), { nullable: true }) note!: { tags: string[] } | null;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

console.log(ddlOf([Account, Order]));

for (const column of columnsOf(Order).slice(0, 3)) {
  console.log(`${column.property} -> ${column.name} ${column.type.ddl}${column.nullable ? '' : ' NOT NULL'}`);
}

// What DuckDB cannot do fails where it is written, when the class is defined, and not in production.
try {
  @Table('positions')
  class Position {
    @Column('varchar', { primaryKey: true }) symbol!: string;
    @Column(list('double')) @Index() prices!: number[];
  }
  console.log('never here', Position.name);
} catch (error) {
  if (!isDatabaseError(error, 'E_DECLARATION')) throw error;
  console.log(`${error.code}: ${error.message}`);
}
