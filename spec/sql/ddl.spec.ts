import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Index, Table, array, ddlOf, enumOf, json, list, map, now, sequence, sql, struct, union, uuid7, type ColumnType, type Generated } from '@mysingle/database'; // prettier-ignore
import { EVERY_KIND, EveryKind } from '../support/every-kind.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

const mood = enumOf('mood', ['sad', "it's"]);

@Table('parent')
class Parent {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('child', { comment: "it's", checks: { 'odd "name"': sql`n > ${1} and s <> ${"x'"}` } })
@Index(['n', 's'], { unique: true })
class Child {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('bigint', { default: sequence() }) n!: Generated<bigint>;
  @Column('varchar', { unique: true, check: sql`length(s) > 0`, comment: 'c' }) @Index() s!: string;
  @Column(mood, { nullable: true, default: "it's" }) mood!: 'sad' | "it's" | null;
  @Column('integer', { references: () => [Parent, 'id'] }) parentId!: number;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
  @Column('bigint', { nullable: true, generated: sql`n * 2` }) readonly twice!: bigint | null;
}

describe('ddlOf', () => {
  it('prints types, constraints, defaults, indexes and comments, parents first', () => {
    expect(ddlOf([Child, Parent])).to.equal(`CREATE TYPE "mood" AS ENUM ('sad', 'it''s');
CREATE SEQUENCE "child_n_seq";
CREATE TABLE "parent" (
  "id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
);
CREATE TABLE "child" (
  "id" UUID NOT NULL DEFAULT uuidv7(),
  "n" BIGINT NOT NULL DEFAULT nextval('"child_n_seq"'),
  "s" VARCHAR NOT NULL CHECK (length(s) > 0),
  "mood" "mood" DEFAULT 'it''s',
  "parent_id" INTEGER NOT NULL,
  "at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  "twice" BIGINT GENERATED ALWAYS AS (n * 2) VIRTUAL,
  PRIMARY KEY ("id"),
  UNIQUE ("s"),
  FOREIGN KEY ("parent_id") REFERENCES "parent" ("id"),
  CONSTRAINT "odd ""name""" CHECK (n > 1 and s <> 'x''')
);
CREATE INDEX "child_s_idx" ON "child" ("s");
CREATE UNIQUE INDEX "child_n_s_idx" ON "child" ("n", "s");
COMMENT ON TABLE "child" IS 'it''s';
COMMENT ON COLUMN "child"."s" IS 'c';
`);
  });

  it('names every type as DuckDB does', async () => {
    const db = await openManager();
    const types: readonly (readonly [ColumnType, string])[] = [
      ['boolean', 'BOOLEAN'], ['tinyint', 'TINYINT'], ['uinteger', 'UINTEGER'], ['uhugeint', 'UHUGEINT'], ['float', 'FLOAT'], ['decimal(9,3)', 'DECIMAL(9,3)'], ['bit', 'BIT'], ['blob', 'BLOB'],
      ['timestamp_s', 'TIMESTAMP_S'], ['timestamp_ms', 'TIMESTAMP_MS'], ['timestamp_ns', 'TIMESTAMP_NS'], ['timestamptz', 'TIMESTAMP WITH TIME ZONE'], ['timetz', 'TIME WITH TIME ZONE'], ['interval', 'INTERVAL'],
      [json(), 'JSON'], ['double[]', 'DOUBLE[]'], [list(array('integer', 2)), 'INTEGER[2][]'], [struct({ 'a "b"': 'date' }), 'STRUCT("a ""b""" DATE)'], [map('varchar', list('uuid')), 'MAP(VARCHAR, UUID[])'], [union({ n: 'integer' }), 'UNION(n INTEGER)'],
    ]; // prettier-ignore
    for (const [type, printed] of types) {
      class Holder {
        value!: unknown;
      }
      (Column(type as 'varchar') as (target: object, key: string) => void)(Holder.prototype, 'value');
      Table('holder')(Holder);
      await db.withConnection((connection) => connection.run(ddlOf(Holder)));
      expect(
        await db.query(sql`select data_type as t from duckdb_columns() where table_name = 'holder'`),
      ).to.deep.equal([{ t: printed }]);
      await db.execute(sql`drop table holder`);
    }
  });

  it('runs on DuckDB as printed, with hostile names and comments intact', async () => {
    const db = await openManager();
    await db.withConnection((connection) => connection.run(ddlOf(EVERY_KIND)));
    expect(
      await db.query(sql`select comment from duckdb_tables() where table_name = ${'every kind "of" thing; 語'}`),
    ).to.deep.equal([{ comment: 'all of it: it\'s\n"everything"; 😀' }]);
    expect(
      await db.query(
        sql`select column_name as name, comment from duckdb_columns() where table_name = ${'every kind "of" thing; 語'} and comment is not null order by 1`,
      ),
    ).to.deep.include({ name: 'id', comment: 'the key; "it\'s"' });
    await db.execute(sql`insert into ${EveryKind} default values`);
  });

  it('takes reserved words and injections for names', async () => {
    for (const name of ['at', 'select', 'table', 'x"; drop table y; --', "a'b", 'a\nb', 'a.b', '"', '語', ' ']) {
      class Holder {
        value!: number;
      }
      Column('integer', { name, default: 1, check: sql`1 = 1` })(Holder.prototype, 'value');
      const make = (): void => Table(name, { schema: `s ${name}` })(Holder);
      if (name === ' ') {
        await failure(make, 'E_DECLARATION');
        continue;
      }
      make();
      const db = await openManager({ entities: [Holder] });
      expect(await db.repository(Holder).insertMany([{ value: 5 }])).to.equal(1);
      expect(
        await db.query(sql`select schema_name as s, table_name as t from duckdb_tables() where table_name = ${name}`),
      ).to.deep.equal([{ s: `s ${name}`, t: name }]);
    }
  });

  it('refuses a sequence that nextval() cannot reach', async () => {
    class Holder {
      id!: number;
    }
    Column('integer', { default: sequence() })(Holder.prototype, 'id');
    Table('holder', { schema: 'a "b"' })(Holder);
    const { message } = await failure(() => ddlOf(Holder), 'E_DECLARATION');
    expect(message).to.contain('Holder.id: ').and.contain('double quote');
  });
});
