// Every way to write versions. Not here: transactions around them (actor.ts).
import { sql, type BaseDuckDBManager } from '@mysingle/database';
import { ModelEvent, entityOf } from './entities.js';
import { REPLACED, ROWS, UPDATED, Violation, cellOf, type Attempt, type Ledger } from './ledger.js';

export interface Writing {
  readonly db: BaseDuckDBManager;
  readonly ledger: Ledger;
  readonly attempt: Attempt;
  readonly below: (limit: number) => number;
}

type Write = (writing: Writing) => Promise<unknown>;

interface Versioned {
  readonly table: string;
  readonly id: number;
  readonly version: number;
}

/** A row, with a new version. */
function rowOf({ ledger, attempt, below }: Writing, table = UPDATED[below(UPDATED.length)] as string): Versioned {
  const id = below(ROWS);
  return { table, id, version: ledger.write(attempt, cellOf(table, id)) };
}

/**
 * DuckDB makes an UPDATE with RETURNING of a table with a key a delete and an insert, and lets another transaction, that began
 * before, update the deleted row: that update is lost without a conflict. So the rows of one table are replaced alone, and those
 * of the others updated alone.
 */
const replacedOf = (writing: Writing): Versioned => rowOf(writing, REPLACED);

/** All rows of a table, with new versions. */
function rowsOf({ ledger, attempt, below }: Writing): { table: string; rows: { id: number; version: number }[] } {
  const table = UPDATED[below(UPDATED.length)] as string;
  const rows = Array.from({ length: ROWS }, (_row, id) => ({ id, version: ledger.write(attempt, cellOf(table, id)) }));
  return { table, rows };
}

const updateText = (table: string, id: number, version: number): string =>
  `update ${table} set version = ${version} where id = ${id}`;

/** These may be part of a transaction, and are one statement or more. */
export const WRITES: Readonly<Record<string, Write>> = {
  update: (writing) => {
    const { table, id, version } = rowOf(writing);
    return writing.db.repository(entityOf(table)).update({ id }, { version });
  },
  upsert: (writing) => {
    const { table, ...row } = rowOf(writing);
    return writing.db.repository(entityOf(table)).upsert(row);
  },
  'upsert of many': (writing) => {
    const { table, rows } = rowsOf(writing);
    return writing.db.repository(entityOf(table)).upsert(rows);
  },
  'insertMany over rows': (writing) => {
    const { table, rows } = rowsOf(writing);
    return writing.db.repository(entityOf(table)).insertMany(rows, { onConflict: 'update' });
  },
  insert: ({ db, ledger, attempt }) => db.repository(ModelEvent).insert({ version: ledger.append(attempt) }),
  insertMany: ({ db, ledger, attempt, below }) =>
    db
      .repository(ModelEvent)
      .insertMany(Array.from({ length: 1 + below(3) }, () => ({ version: ledger.append(attempt) }))),
  'insert returning': ({ db, ledger, attempt }) =>
    db.query(sql`insert into ${ModelEvent} values (${ledger.append(attempt)}) returning version`),
  execute: (writing) => {
    const { table, id, version } = rowOf(writing);
    return writing.db.execute(sql`update ${entityOf(table)} set version = ${version} where id = ${id}`);
  },
  'execute on all rows': (writing) => {
    const { table, rows } = rowsOf(writing);
    const [first, second, third] = rows.map((row) => row.version);
    return writing.db.execute(
      sql`update ${entityOf(table)} set version = case id when 0 then ${first}::integer when 1 then ${second}::integer else ${third}::integer end`,
    );
  },
  returning: async (writing) => {
    const { table, id, version } = replacedOf(writing);
    const rows = await writing.db.query(
      sql`update ${entityOf(table)} set version = ${version} where id = ${id} returning version`,
    );
    if (rows.length !== 1 || rows[0]?.['version'] !== version)
      throw new Violation(`RETURNING gave ${JSON.stringify(rows)} for ${version}`);
  },
  lent: (writing) => {
    const { table, id, version } = rowOf(writing);
    return writing.db.withConnection((connection) => connection.run(updateText(table, id, version)));
  },
  'lent for a table': (writing) => {
    const { table, id, version } = rowOf(writing);
    return writing.db.withConnection((connection) => connection.run(updateText(table, id, version)), {
      writes: [entityOf(table)],
    });
  },
};

/** These have transactions of their own. */
export const LONE_WRITES: Readonly<Record<string, Write>> = {
  duckdbConn: (writing) => {
    const { table, id, version } = rowOf(writing);
    return writing.db.duckdbConn.run(updateText(table, id, version));
  },
  'duckdbConn, prepared': async (writing) => {
    const { table, id, version } = rowOf(writing);
    const prepared = await writing.db.duckdbConn.prepare(updateText(table, id, version));
    return prepared.run();
  },
  'delete and insert': (writing) => {
    const { table, ...row } = replacedOf(writing);
    const repository = writing.db.repository(entityOf(table));
    return writing.db.transaction(async () => {
      await repository.delete({ id: row.id });
      await repository.insert(row);
    });
  },
};
