import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Index, Table, ddlOf, enumOf, now, sequence, sql, type Generated } from '@mysingle/database';
import { catalogOf } from '../../lib/entity/catalog.js';
import { planSchema, touchesExisting } from '../../lib/schema/plan.js';
import type { Found } from '../../lib/schema/inspect.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('accounts')
class Account {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('trades', { checks: { sane: sql`price > 0 and qty < 1000` } })
@Index(['qty'])
@Index(['symbol', 'venue'], { unique: true, name: 'one_venue' })
class Trade {
  @Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
  @Column('varchar', { unique: true }) symbol!: string;
  @Column('varchar', { default: 'x', renamedFrom: 'exchange' }) venue!: Generated<string>;
  @Column('integer', { check: sql`qty <> 0` }) qty!: number;
  @Column('decimal(18,4)') price!: string;
  @Column('double', { nullable: true }) fee!: number | null;
  @Column(enumOf('side', ['buy', 'sell'])) side!: 'buy' | 'sell';
  @Column('integer', { nullable: true, references: () => [Account, 'id'] }) accountId!: number | null;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
  @Column('double', { nullable: true, generated: sql`qty * 2.0` }) readonly twice!: number | null;
}

const ENTITIES = [Account, Trade];
const DDL = ddlOf(ENTITIES);

/** A difference as somebody else's DDL would make it, and what boot says of it. */
const DRIFT: readonly (readonly [what: string, from: string | RegExp, to: string, says: readonly string[]])[] = [
  ['a missing column', /\n.*"fee" DOUBLE,/, '', ['table "trades": column "fee" DOUBLE is not in the database']],
  ['an extra column', '"fee" DOUBLE', '"fee" DOUBLE, "note" VARCHAR', ['table "trades": column "note" VARCHAR is in the database and not in the class']],
  ['a renamed column, by its former name', /"venue"/g, '"exchange"', ['table "trades": column "venue" VARCHAR is not in the database (there is "exchange", its former name)', 'table "trades": column "exchange" VARCHAR is in the database and not in the class']],
  ['a type', '"fee" DOUBLE', '"fee" FLOAT', ['table "trades": column "fee" is FLOAT in the database and DOUBLE in the class']],
  ['the digits of a decimal', '(18,4)', '(18,2)', ['table "trades": column "price" is DECIMAL(18,2) in the database and DECIMAL(18,4) in the class']],
  ['a column that may be NULL', '"price" DECIMAL(18,4) NOT NULL', '"price" DECIMAL(18,4)', ['table "trades": column "price" is nullable in the database and NOT NULL in the class']],
  ['a column that may not be NULL', '"fee" DOUBLE', '"fee" DOUBLE NOT NULL', ['table "trades": column "fee" is NOT NULL in the database and nullable in the class']],
  ['another default', "DEFAULT 'x'", "DEFAULT 'y'", [`table "trades": column "venue" has the default 'y' in the database and the default 'x' in the class`]],
  ['a default more', '"fee" DOUBLE', '"fee" DOUBLE DEFAULT 1.5', ['table "trades": column "fee" has the default 1.5 in the database and no default in the class']],
  ['a default less', " DEFAULT 'x'", '', [`table "trades": column "venue" has no default in the database and the default 'x' in the class`]],
  ['another generated expression', 'qty * 2.0', 'qty * 3.0', ['table "trades": column "twice" has the expression CAST((qty * 3.0) AS DOUBLE) in the database and the expression CAST((qty * 2.0) AS DOUBLE) in the class']],
  ['a generated column that is stored', /"twice" DOUBLE GENERATED.*/, '"twice" DOUBLE DEFAULT (4 * 2.0),', ['table "trades": column "twice" has the expression ']],
  ['no primary key', /\n.*PRIMARY KEY \("id"\),\n.*UNIQUE/, '\n  UNIQUE', ['table "trades": PRIMARY KEY(id) is not in the database']],
  ['another primary key', /PRIMARY KEY \("id"\),\n(?= *UNIQUE)/, 'PRIMARY KEY ("id", "symbol"),', ['table "trades": PRIMARY KEY(id) is not in the database', 'table "trades": PRIMARY KEY(id, symbol) is in the database and not in the class']],
  ['no unique column', /\n *UNIQUE \("symbol"\),/, '', ['table "trades": UNIQUE(symbol) is not in the database']],
  ['a unique column more', 'UNIQUE ("symbol")', 'UNIQUE ("symbol"), UNIQUE ("qty")', ['table "trades": UNIQUE(qty) is in the database and not in the class']],
  ['another check', 'qty < 1000', 'qty < 999', ['qty < 999', 'qty < 1000']],
  ['a check less', ' CHECK (qty <> 0)', '', ['table "trades": CHECK((qty != 0)) is not in the database']],
  ['a check more', ' CHECK (qty <> 0)', ' CHECK (qty <> 0) CHECK (qty <> 1)', ['table "trades": CHECK((qty != 1)) is in the database and not in the class']],
  ['no foreign key', /\n *FOREIGN KEY.*/, '', ['table "trades": FOREIGN KEY (account_id) REFERENCES accounts(id) is not in the database']],
  ['other enum values', "'buy', 'sell'", "'buy', 'sell', 'hold'", ['enum "side" is (buy, sell, hold) in the database and (buy, sell) in the class']],
  ['enum values in another order', "'buy', 'sell'", "'sell', 'buy'", ['enum "side" is (sell, buy) in the database and (buy, sell) in the class']],
  ['an index on another column', '"trades_qty_idx" ON "trades" ("qty")', '"trades_qty_idx" ON "trades" ("price")', ['index "trades_qty_idx" is on [price] of "trades" in the database and on [qty] of "trades" in the class']],
  ['an index on another table', '"trades_qty_idx" ON "trades" ("qty")', '"trades_qty_idx" ON "accounts" ("id")', ['index "trades_qty_idx" is on [id] of "accounts"']],
  ['an index that is not unique', 'CREATE UNIQUE INDEX', 'CREATE INDEX', ['index "one_venue" is on ']],
  ['a unique index more', 'CREATE INDEX', 'CREATE UNIQUE INDEX more ON trades (price); CREATE INDEX', ['table "trades": unique index "more" unique on [price] is in the database and not in the class']],
  ['a view in place of the table', /$/, 'DROP TABLE trades; CREATE VIEW trades AS SELECT 1 AS id;', ['table "trades" is a view in the database']],
]; // prettier-ignore

const EMPTY: Found = {
  schemas: new Set(['main']),
  tables: new Map(),
  views: new Set(),
  indexes: new Map(),
  sequences: new Set(),
  enums: new Map(),
};

describe('planSchema', () => {
  for (const [what, from, to, says] of DRIFT) {
    it(`refuses ${what}, and names it`, async () => {
      const ddl = DDL.replace(from, () => to);
      expect(ddl).to.not.equal(DDL);
      const path = scratchPath();
      const db = await openManager({ path });
      await db.withConnection((connection) => connection.run(ddl));
      const error = await failure(() => openManager({ path, entities: ENTITIES }), 'E_SCHEMA_DRIFT');
      const differences = error.details['differences'] as string[];
      expect(differences).to.have.lengthOf.at.most(3);
      for (const [index, text] of says.entries()) expect(differences.join('\n'), String(index)).to.contain(text);
      for (const difference of differences) expect(error.message).to.contain(`  - ${difference}\n`);
    });
  }

  it('tells every difference at once', async () => {
    const path = scratchPath();
    const other = await openManager({ path });
    await other.execute(sql`create table trades (id varchar, other integer)`);
    const { details } = await failure(() => openManager({ path, entities: ENTITIES }), 'E_SCHEMA_DRIFT');
    expect(details['differences']).to.have.lengthOf.at.least(12);
  });

  for (const [what, from, to] of [
    ['columns in another order', /(\n *"fee".*)(\n *"side".*)/, '$2$1'],
    ['an index more, which is not unique', 'CREATE INDEX', 'CREATE INDEX more ON trades (price); CREATE INDEX'],
    ['a column in another case', '"fee"', '"FEE"'],
    ['a table in another case than its indexes say', 'CREATE TABLE "trades"', 'CREATE TABLE "TRADES"'],
    ['tables and types of others', /$/, "CREATE TABLE other (x integer); CREATE TYPE mood AS ENUM ('ok');"],
    ['comments of others', /$/, "COMMENT ON TABLE trades IS 'mine';"],
    ['a default that is written otherwise', "DEFAULT 'x'", "default   'x'"],
  ] as const) {
    it(`does not mind ${what}`, async () => {
      const ddl = DDL.replace(from, to);
      expect(ddl).to.not.equal(DDL);
      const path = scratchPath();
      const db = await openManager({ path });
      await db.withConnection((connection) => connection.run(ddl));
      const other = await openManager({ path, entities: ENTITIES });
      await other.repository(Account).insert({ id: 1 });
      await other.repository(Trade).insert({ symbol: 's', qty: 1, price: '1', side: 'buy', accountId: 1 });
    });
  }

  it('puts back an index that is missing', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: ENTITIES });
    await db.execute(sql`drop index one_venue`);
    await openManager({ path, entities: ENTITIES });
    const rows = await db.query(
      sql`select index_name as name from duckdb_indexes() where table_name = 'trades' order by 1`,
    );
    expect(rows).to.deep.equal([{ name: 'one_venue' }, { name: 'trades_qty_idx' }]);
  });

  it('is pure: the DDL of what an empty database lacks, parents first', () => {
    const catalog = catalogOf([Trade, Account]);
    expect(touchesExisting(catalog, EMPTY)).to.equal(false);
    const plan = planSchema(catalog, EMPTY, undefined);
    expect(plan.differences).to.deep.equal([]);
    expect(plan.missing.map(({ what }) => what)).to.deep.equal([
      'enum "side"',
      'sequence "trades_id_seq"',
      'table "accounts"',
      'table "trades"',
    ]);
    expect(
      plan.missing
        .flatMap(({ ddl }) => ddl)
        .map(({ text }) => `${text};\n`)
        .join(''),
    ).to.equal(DDL);
  });
});
