// Bringing the journal of a side file to the database: each transaction in its order, exactly once. What the database refuses
// is kept in it with the reason. Not here: whose side file it is, and when this is done (fallback.ts, orphans.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { BIGINT, LIST, SQLNULL, TIMESTAMPTZ, VARCHAR, DuckDBListValue, DuckDBTimestampTZValue } from '@duckdb/node-api';
import { quote } from '../entity/identifier.js';
import { classify, type DatabaseError, type ErrorCode } from '../errors.js';
import { JOURNAL_SCHEMA, rowsOf, type OperationKind } from './journal.js';

/** Says how far each side file was applied; written in the transaction that applies. */
const APPLIED = 'mysingle_fallback';
/** What the database refused. */
export const CONFLICTS = 'mysingle_conflicts';

const DDL = [
  `CREATE TABLE IF NOT EXISTS ${APPLIED} (side VARCHAR PRIMARY KEY, seq BIGINT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${CONFLICTS} (side VARCHAR NOT NULL, seq BIGINT NOT NULL, written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    refused_at TIMESTAMP WITH TIME ZONE NOT NULL, code VARCHAR NOT NULL, reason VARCHAR NOT NULL, operations JSON NOT NULL)`,
];

/** As many transactions are applied in one: each commit waits for the disk. */
const BATCH = 256;
const ATTEMPTS = 8;

/**
 * What says something about the machine, or about another transaction, and nothing about the write: it is tried again
 * later, and nothing is given up.
 */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'E_ABORTED', 'E_CLOSED', 'E_CONFLICT', 'E_CORRUPT', 'E_DISK_FULL', 'E_INVALIDATED', 'E_LOCKED', 'E_OUT_OF_MEMORY', 'E_READ_ONLY', 'E_TIMEOUT',
]); // prettier-ignore

/** Functions of the time give the time of the transaction that is applied, also in defaults. */
const CLOCK = ['now', 'get_current_timestamp', 'transaction_timestamp']
  .map((name) => `CREATE OR REPLACE TEMP MACRO ${name}() AS getvariable('mysingle_now')::TIMESTAMPTZ`)
  .concat(
    ['current_date', 'today'].map(
      (name) => `CREATE OR REPLACE TEMP MACRO ${name}() AS getvariable('mysingle_now')::TIMESTAMPTZ::DATE`,
    ),
    ['localtimestamp', 'current_localtimestamp'].map(
      (name) => `CREATE OR REPLACE TEMP MACRO ${name}() AS getvariable('mysingle_now')::TIMESTAMPTZ::TIMESTAMP`,
    ),
  );

/** A value that begins with U+FEFF, as text and not within a list or the like. */
const MARKED_TEXT = /^(?:CAST\()?\(?'\uFEFF[\s\S]*(?:'|AS VARCHAR)\)?$/;

/** The type of a list of nothing, of which a result makes a list of integers. */
function listOfNothing(parameter: string): DuckDBType | undefined {
  const [, brackets] = /^CAST\(\[[\s\S]* AS "NULL"((?:\[\])+)\)$/.exec(parameter) ?? [];
  if (brackets === undefined) return undefined;
  return Array.from({ length: brackets.length / 2 }).reduce<DuckDBType>((type) => LIST(type), SQLNULL);
}

interface Operation {
  readonly kind: OperationKind;
  readonly text: string;
  readonly parameters: readonly string[];
  readonly rowsTable: string | null;
}

interface Written {
  readonly seq: bigint;
  /** microseconds since 1970 */
  readonly beganAt: bigint;
  readonly operations: readonly Operation[];
}

/** Statements that run with each batch, where their table is there: what the writes of elsewhere end. */
export interface AlongWith {
  readonly table: string;
  readonly sql: string;
}

export class Replay {
  #applied = 0n;
  #conflicts = 0;
  #count = 0;

  private constructor(
    private readonly connection: DuckDBConnection,
    /** the name of the side file, by which the database remembers how far it was applied */
    private readonly side: string,
    /** the name it is attached under */
    private readonly sideAlias: string,
    private readonly alongWith: AlongWith | undefined,
  ) {}

  /**
   * @param connection one of its own, with the database in use
   */
  static async open(
    connection: DuckDBConnection,
    side: string,
    sideAlias: string,
    alongWith: AlongWith | undefined,
  ): Promise<Replay> {
    const replay = new Replay(connection, side, sideAlias, alongWith);
    for (const sql of [...DDL, ...CLOCK]) await connection.run(sql);
    const [row] = await replay.#rows(`SELECT seq FROM ${APPLIED} WHERE side = $1`, [side]);
    replay.#applied = (row?.[0] as bigint | undefined) ?? 0n;
    return replay;
  }

  /** The number of the last transaction that the database has. */
  get applied(): bigint {
    return this.#applied;
  }

  /** Transactions brought over by this, and how many of them were refused. */
  get counts(): { readonly transactions: number; readonly conflicts: number } {
    return { transactions: this.#count, conflicts: this.#conflicts };
  }

  /**
   * Applies the next transactions, if there are any.
   *
   * @returns whether there were
   * @throws DatabaseError what says nothing about the writes, such as `E_DISK_FULL`; nothing is lost by it
   */
  async next(): Promise<boolean> {
    const batch = await this.#read();
    if (batch.length === 0) return false;
    try {
      await this.#apply(batch);
    } catch (error) {
      refusalOrThrow(error);
      // one of them is refused: one after the other tells which
      for (const written of batch) await this.#applyOrKeep(written);
    }
    return true;
  }

  async #applyOrKeep(written: Written): Promise<void> {
    try {
      await this.#apply([written]);
    } catch (error) {
      await this.#keep(written, refusalOrThrow(error));
    }
  }

  async #read(): Promise<readonly Written[]> {
    const journal = `${this.sideAlias}.${JOURNAL_SCHEMA}`;
    const rows = await this.#rows(
      `SELECT seq, began_at, kind, text, parameters, rows_table FROM ${journal}.commits JOIN ${journal}.operations USING (transaction)
        WHERE seq IN (SELECT seq FROM ${journal}.commits WHERE seq > ${this.#applied} ORDER BY seq LIMIT ${BATCH}) ORDER BY seq, position`,
    );
    const batch: (Written & { operations: Operation[] })[] = [];
    for (const [seq, beganAt, kind, text, parameters, rowsTable] of rows) {
      if (batch.at(-1)?.seq !== seq) batch.push({ seq: seq as bigint, beganAt: beganAt as bigint, operations: [] });
      batch.at(-1)?.operations.push({
        kind: kind as OperationKind,
        text: text as string,
        parameters: (parameters as DuckDBListValue).items as string[],
        rowsTable: rowsTable as string | null,
      });
    }
    return batch;
  }

  async #apply(batch: readonly Written[]): Promise<void> {
    await this.#transact(batch, async () => {
      for (const { beganAt, operations } of batch) {
        const now = new DuckDBTimestampTZValue(beganAt);
        await this.connection.run('SET VARIABLE mysingle_now = $1', [now], [TIMESTAMPTZ]);
        for (const operation of operations) await this.#perform(operation);
        for (const { kind, text } of operations)
          if (kind === 'stage') await this.connection.run(`DROP TABLE IF EXISTS temp.${quote(text)}`);
      }
    });
  }

  /** Runs `work`, and notes in the same transaction that these are done. */
  async #transact(batch: readonly Written[], work: () => Promise<void>): Promise<void> {
    const last = batch.at(-1)?.seq as bigint;
    for (let attempt = 1; ; attempt += 1) {
      await this.connection.run('BEGIN TRANSACTION');
      try {
        await work();
        await this.#endOthers();
        await this.#run(
          `INSERT INTO ${APPLIED} VALUES ($1, $2) ON CONFLICT (side) DO UPDATE SET seq = excluded.seq`,
          [this.side, last],
          [VARCHAR, BIGINT],
        );
        await this.connection.run('COMMIT');
        break;
      } catch (error) {
        await this.connection.run('ROLLBACK').catch(() => {});
        const failure = classify(error);
        if (failure.code !== 'E_CONFLICT' || attempt === ATTEMPTS) throw failure;
        await sleep(Math.random() * 5 * 2 ** attempt);
      }
    }
    this.#applied = last;
    this.#count += batch.length;
  }

  async #endOthers(): Promise<void> {
    const { alongWith } = this;
    if (alongWith === undefined) return;
    const [there] = await this.#rows(
      `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = $1`,
      [alongWith.table],
    );
    if (there === undefined) return;
    await this.connection.run(alongWith.sql).catch((error: unknown) => {
      // a table of that name and of another shape is somebody else's
      if (classify(error).code !== 'E_QUERY') throw error;
    });
  }

  async #perform({ kind, text, parameters, rowsTable }: Operation): Promise<void> {
    const rows = `SELECT * FROM ${this.#rowsOf(rowsTable)}`;
    switch (kind) {
      case 'rows':
        return this.#run(`${text} ${rows}`);
      case 'stage':
        return this.#run(`CREATE TEMP TABLE ${quote(text)} AS ${rows}`);
      case 'script':
        // not prepared, for they are several
        await this.connection.run(text);
        return;
      case 'ensure':
        return this.#run(text).catch((error: unknown) => {
          // such an error leaves the transaction as it is
          if (classify(error).details['reason'] !== 'exists') throw error;
        });
      case 'statement':
        return this.#runWith(text, parameters);
    }
  }

  #rowsOf(table: string | null): string {
    return `${this.sideAlias}.${JOURNAL_SCHEMA}.${quote(table ?? '')}`;
  }

  async #runWith(text: string, parameters: readonly string[]): Promise<void> {
    if (parameters.length === 0) return this.#run(text);
    // DuckDB itself makes the values again, each of its type; the binding drops a U+FEFF that text begins with
    const result = await this.connection.run(
      `SELECT ${parameters.map((each) => (MARKED_TEXT.test(each) ? `'.' || ${each}` : each)).join(', ')}`,
    );
    const values = result
      .getChunk(0)
      .getRowValues(0)
      .map((value, index) => (MARKED_TEXT.test(parameters[index] ?? '') ? String(value).slice(1) : value));
    const types = result.columnTypes().map((type, index) => listOfNothing(parameters[index] ?? '') ?? type);
    return this.#run(text, values, types);
  }

  /** Prepared each time: a prepared statement keeps the time at which it was prepared. */
  async #run(
    text: string,
    values: DuckDBValue[] = [],
    types: Parameters<DuckDBConnection['run']>[2] = [],
  ): Promise<void> {
    await (values.length === 0 ? this.connection.run(text) : this.connection.run(text, values, types));
  }

  async #rows(sql: string, values: string[] = []): Promise<(readonly DuckDBValue[])[]> {
    return rowsOf(await this.connection.run(sql, values));
  }

  /** Keeps a refused transaction whole: what it said, with its values and rows, and why it was refused. */
  async #keep(written: Written, reason: DatabaseError): Promise<void> {
    await this.#transact([written], async () => {
      const operations: object[] = [];
      for (const { kind, text, parameters, rowsTable } of written.operations) {
        let rows: string | undefined;
        if (rowsTable !== null) {
          rows = `${CONFLICTS}_${this.sideAlias}_${rowsTable}`;
          await this.connection.run(`CREATE TABLE ${quote(rows)} AS SELECT * FROM ${this.#rowsOf(rowsTable)}`);
        }
        operations.push({ kind, sql: text, parameters, ...(rows === undefined ? {} : { rows }) });
      }
      await this.connection.run(
        `INSERT INTO ${CONFLICTS} VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [
          this.side,
          written.seq,
          new DuckDBTimestampTZValue(written.beganAt),
          new DuckDBTimestampTZValue(BigInt(Date.now()) * 1000n),
          reason.code,
          reason.message,
          JSON.stringify(operations),
        ],
        [VARCHAR, BIGINT, TIMESTAMPTZ, TIMESTAMPTZ, VARCHAR, VARCHAR, VARCHAR],
      );
    });
    this.#conflicts += 1;
  }

  /** The side file is gone: nothing needs to be remembered about it. */
  async forget(): Promise<void> {
    await this.#run(`DELETE FROM ${APPLIED} WHERE side = $1`, [this.side], [VARCHAR]);
  }
}

/** How many transactions the database keeps as refused. */
export async function keptConflicts(connection: DuckDBConnection): Promise<number> {
  const there = await connection.run(
    `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = '${CONFLICTS}'`,
  );
  if (there.rowCount === 0) return 0;
  const result = await connection.run(`SELECT count(*) FROM ${CONFLICTS}`);
  return Number(result.getChunk(0).getRowValues(0)[0]);
}

/** The error, where it is the database's word about the write. */
function refusalOrThrow(error: unknown): DatabaseError {
  const failure = classify(error);
  if (PASSING.has(failure.code)) throw failure;
  return failure;
}
