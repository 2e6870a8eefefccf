// What is written while another process holds the file: each transaction's operations, in the side file, committed together
// with the rows they made there. Not here: bringing them to the database (replay.ts), when to (fallback.ts).
import type { DuckDBAppender, DuckDBConnection, DuckDBMaterializedResult, DuckDBValue } from '@duckdb/node-api';
import { BIGINT, LIST, StatementType, VARCHAR, DuckDBListValue } from '@duckdb/node-api';
import { quote } from '../entity/identifier.js';
import { DatabaseError, classify } from '../errors.js';
import { literal } from '../sql/literal.js';
import type { Parameter } from '../sql/statement.js';
import { writeKind, type TableReference } from '../sql/write-kind.js';

/** Where the journal is, in the side file. */
export const JOURNAL_SCHEMA = 'mysingle_fallback';

const DDL = [
  `CREATE SCHEMA ${JOURNAL_SCHEMA}`,
  `CREATE TABLE ${JOURNAL_SCHEMA}.commits (seq BIGINT NOT NULL, transaction BIGINT NOT NULL, began_at BIGINT NOT NULL)`,
  `CREATE TABLE ${JOURNAL_SCHEMA}.operations (transaction BIGINT NOT NULL, position INTEGER NOT NULL, kind VARCHAR NOT NULL,
    text VARCHAR NOT NULL, parameters VARCHAR[] NOT NULL, rows_table VARCHAR)`,
];

/**
 * - `statement`: `text` is run with `parameters`;
 * - `ensure`: the same, and what it makes may be there already;
 * - `script`: several statements, run as they are;
 * - `rows`: `text` is an INSERT, up to its SELECT, of the rows of `rowsTable`;
 * - `stage`: `text` is the name of a temporary table with the rows of `rowsTable`.
 */
export type OperationKind = 'statement' | 'ensure' | 'script' | 'rows' | 'stage';

/** Rows that a transaction adds get row ids from here on until it commits. */
const FIRST_LOCAL_ROWID = 36_028_797_018_960_000n;

/** A name for a whole row, which no column has. */
const ROW = 'mysingle_row';

/** As many rows are written down as parameters; more go into a table of their own. */
const ROWS_AS_PARAMETERS = 64;

/** Sequences of the side file begin far from those of the database, so that a key that was given out can stay. */
export type FarStart = (bits: number) => bigint;

/** A bound value; without a type it is what DuckDB takes its literal for. */
export type Bound = Pick<Parameter, 'value'> & Partial<Parameter>;

interface Performed {
  readonly type: StatementType;
  readonly text: string;
  readonly parameters: readonly Bound[];
}

export class Journal {
  #transactions = 0n;
  #rowTables = 0;
  #numbers = 0n;
  #committed = 0n;
  #written = false;
  #tail: Promise<unknown> = Promise.resolve();
  /** of each table, whether the rows added to it can be told from the others */
  readonly tables = new Map<string, boolean>();

  private constructor(
    readonly alias: string,
    readonly farStart: FarStart,
  ) {}

  /** Makes the journal of a new side file. */
  static async create(connection: DuckDBConnection, alias: string, farStart: FarStart): Promise<Journal> {
    await connection.run(`USE ${alias}`);
    for (const sql of DDL) await connection.run(sql);
    return new Journal(alias, farStart);
  }

  /** The number of the last committed transaction; they count from 1, and some are left out. */
  get committed(): bigint {
    return this.#committed;
  }

  /** Whether anything was written but tables that entities need, which are made wherever they are missing. */
  get written(): boolean {
    return this.#written;
  }

  /** Begins to write down a transaction. */
  record(): Recording {
    this.#transactions += 1n;
    return new Recording(this, this.#transactions);
  }

  rowTable(): string {
    this.#rowTables += 1;
    return `rows_${this.#rowTables}`;
  }

  /** COMMIT under the next number: the order of numbers is the order in which they were committed. */
  commit(
    connection: DuckDBConnection,
    transaction: bigint,
    beganAt: bigint,
    writes: boolean,
  ): Promise<DuckDBMaterializedResult> {
    const turn = this.#tail.then(async () => {
      // never given out again: a COMMIT may be done although it was interrupted
      const seq = (this.#numbers += 1n);
      await connection.run(
        `INSERT INTO ${JOURNAL_SCHEMA}.commits VALUES ($1, $2, $3)`,
        [seq, transaction, beganAt],
        [BIGINT, BIGINT, BIGINT],
      );
      const result = await connection.run('COMMIT');
      this.#committed = seq;
      this.#written ||= writes;
      return result;
    });
    this.#tail = turn.catch(() => {});
    return turn;
  }
}

/** Writes down one transaction, on the connection that it runs on. */
export class Recording {
  #position = 0;
  #beganAt: bigint | undefined;
  #writes = false;

  constructor(
    private readonly journal: Journal,
    private readonly transaction: bigint,
  ) {}

  /** Runs `work` in a transaction, and commits it. */
  async transact<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
    await connection.run('BEGIN TRANSACTION');
    try {
      const value = await work();
      await this.commit(connection);
      return value;
    } catch (error) {
      await rollback(connection);
      throw error;
    }
  }

  /** Runs a statement, and writes down what it changed. */
  async around<T>(connection: DuckDBConnection, performed: Performed, run: () => Promise<T>): Promise<T> {
    const { type, text } = performed;
    if (type === StatementType.EXECUTE) throw notKept('EXECUTE of a prepared statement');
    const kind = writeKind(type, text, (query) => connection.getTableNames(query, false).length > 0);
    if (kind.kind === 'none') return run();
    if (kind.kind === 'rows' && (await this.#tellsRows(connection, kind.target))) {
      const before = await localRowId(connection, kind.target);
      const result = await run();
      await this.#addedRows(connection, kind.target, before);
      return result;
    }
    const result = await run();
    await this.statement(connection, performed.text, performed.parameters);
    if (kind.kind === 'statement' && kind.definesSequence) await this.#moveSequences(connection);
    if (!DATA.has(performed.type)) this.journal.tables.clear();
    return result;
  }

  statement(connection: DuckDBConnection, text: string, parameters: Performed['parameters'] = []): Promise<void> {
    return this.#operation(connection, 'statement', text, parameters.map(expression));
  }

  /** What must be there, and may be there already. */
  ensure(connection: DuckDBConnection, text: string): Promise<void> {
    this.journal.tables.clear();
    return this.#operation(connection, 'ensure', text);
  }

  /** Several statements in one text. */
  script(connection: DuckDBConnection, text: string): Promise<void> {
    this.journal.tables.clear();
    return this.#operation(connection, 'script', text);
  }

  /** A second place for rows that are loaded by an appender. */
  async loading(connection: DuckDBConnection, target: Loading): Promise<DuckDBAppender> {
    const table = this.journal.rowTable();
    const columns = target.columns.map(quote).join(', ');
    const from = target.temporary ? `temp.${quote(target.table)}` : named(target);
    await connection.run(`CREATE TABLE ${JOURNAL_SCHEMA}.${table} AS SELECT ${columns} FROM ${from} LIMIT 0`);
    if (target.temporary) await this.#operation(connection, 'stage', target.table, [], table);
    else await this.#operation(connection, 'rows', `INSERT INTO ${named(target)} (${columns})`, [], table);
    return connection.createAppender(table, JOURNAL_SCHEMA, this.journal.alias);
  }

  /** The rows of a temporary table that SQL has filled, with the same table made of them when they are applied. */
  async staged(connection: DuckDBConnection, stage: string): Promise<void> {
    const table = this.journal.rowTable();
    await connection.run(`CREATE TABLE ${JOURNAL_SCHEMA}.${table} AS SELECT * FROM temp.${quote(stage)}`);
    await this.#operation(connection, 'stage', stage, [], table);
  }

  /** COMMIT, of what is written down too. */
  async commit(connection: DuckDBConnection): Promise<DuckDBMaterializedResult> {
    if (this.#beganAt === undefined) return connection.run('COMMIT');
    return this.journal.commit(connection, this.transaction, this.#beganAt, this.#writes);
  }

  async #operation(
    connection: DuckDBConnection,
    kind: OperationKind,
    text: string,
    parameters: readonly string[] = [],
    rowsTable: string | null = null,
  ): Promise<void> {
    // the time that now() gave in this transaction, so that it gives the same when it is applied
    this.#beganAt ??= (await scalar(connection, 'SELECT epoch_us(get_current_timestamp())')) as bigint;
    await connection.run(
      `INSERT INTO ${JOURNAL_SCHEMA}.operations VALUES (${this.transaction}, ${this.#position}, '${kind}', $1, $2, $3)`,
      [text, new DuckDBListValue([...parameters]), rowsTable],
      [VARCHAR, LIST(VARCHAR), VARCHAR],
    );
    this.#position += 1;
    this.#writes ||= kind !== 'ensure';
  }

  /** Whether the rows that a statement adds to a table can be told from the others, and given back as they are. */
  async #tellsRows(connection: DuckDBConnection, target: TableReference): Promise<boolean> {
    const key = `${target.schema ?? 'main'}.${target.table}`.toLowerCase();
    let tells = this.journal.tables.get(key);
    if (tells === undefined) {
      const sql = `SELECT sql FROM duckdb_tables() WHERE database_name = '${this.journal.alias}'
        AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2)`;
      const ddl = await scalar(connection, sql, [target.schema ?? 'main', target.table]);
      // generated columns cannot be inserted; a column of that name hides the row id
      tells = typeof ddl === 'string' && !/\bgenerated\b|\browid\b/i.test(ddl);
      this.journal.tables.set(key, tells);
    }
    return tells;
  }

  async #addedRows(connection: DuckDBConnection, target: TableReference, before: bigint): Promise<void> {
    const added = `FROM ${named(target)} WHERE rowid > ${before}`;
    const result = await connection.run(
      `SELECT ${ROW}.*, contains(CAST(${ROW} AS VARCHAR), chr(65279)) FROM ${named(target)} AS ${ROW} WHERE ${ROW}.rowid > ${before} LIMIT ${ROWS_AS_PARAMETERS + 1}`,
    );
    if (result.rowCount === 0) return;
    const columns = result.columnNames().slice(0, -1).map(quote).join(', ');
    const types = result.columnTypes().slice(0, -1);
    const rows = rowsOf(result);
    // the binding drops a U+FEFF that text begins with
    const readable = rows.length <= ROWS_AS_PARAMETERS && !rows.some((row) => row.at(-1) === true);
    const parameters = readable
      ? expressions(
          rows.map((row) => row.slice(0, -1)),
          types,
        )
      : undefined;
    if (parameters === undefined) {
      const table = this.journal.rowTable();
      await connection.run(`CREATE TABLE ${JOURNAL_SCHEMA}.${table} AS SELECT * ${added}`);
      return this.#operation(connection, 'rows', `INSERT INTO ${named(target)} (${columns})`, [], table);
    }
    const width = types.length;
    const values = rows.map(
      (_row, row) => `(${types.map((_type, index) => `$${row * width + index + 1}`).join(', ')})`,
    );
    return this.#operation(
      connection,
      'statement',
      `INSERT INTO ${named(target)} (${columns}) VALUES ${values.join(', ')}`,
      parameters,
    );
  }

  /** Sequences that SQL made begin far from those that the database may have under these names. */
  async #moveSequences(connection: DuckDBConnection): Promise<void> {
    const result = await connection.run(
      `SELECT schema_name, sequence_name, increment_by FROM duckdb_sequences() WHERE database_name = '${this.journal.alias}'
        AND last_value IS NULL AND start_value < 1000000000 AND increment_by > 0 AND max_value = 9223372036854775807`,
    );
    for (const [schema, name, increment] of rowsOf(result) as [string, string, bigint][]) {
      const sequence = `${quote(schema)}.${quote(name)}`;
      await connection.run(
        `CREATE OR REPLACE SEQUENCE ${sequence} INCREMENT BY ${increment} START ${this.journal.farStart(31)}`,
      );
    }
  }
}

/** The error for what a side file cannot keep. */
export function notKept(what: string): DatabaseError {
  return new DatabaseError(
    'E_UNSUPPORTED',
    `While another process holds the database, writes are kept in a side file, and ${what} cannot be kept there. ` +
      'Use a repository (insertMany), execute, or run() with one statement at a time; qualify names, and give values as parameters.',
  );
}

/** A failed COMMIT leaves nothing to roll back; whoever interrupts what ran before may hit this as well. */
export async function rollback(connection: DuckDBConnection): Promise<void> {
  for (;;) {
    try {
      await connection.run('ROLLBACK');
      return;
    } catch (error) {
      if (classify(error).code !== 'E_ABORTED') return;
    }
  }
}

/** Where rows are loaded: the columns in their order, generated ones left out. */
export interface Loading {
  readonly schema: string | undefined;
  readonly table: string;
  readonly temporary: boolean;
  readonly columns: readonly string[];
}

const DATA: ReadonlySet<StatementType> = new Set([
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.MERGE_INTO,
  StatementType.COPY,
]);

const named = ({ schema, table }: TableReference): string =>
  schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`;

async function localRowId(connection: DuckDBConnection, target: TableReference): Promise<bigint> {
  const highest = await scalar(
    connection,
    `SELECT max(rowid) FROM ${named(target)} WHERE rowid >= ${FIRST_LOCAL_ROWID}`,
  );
  return (highest as bigint | null) ?? FIRST_LOCAL_ROWID - 1n;
}

/** All rows of a result, as the binding has them. */
export function rowsOf(result: DuckDBMaterializedResult): (readonly DuckDBValue[])[] {
  return Array.from({ length: result.chunkCount }, (_chunk, index) => result.getChunk(index).getRows()).flat();
}

async function scalar(
  connection: DuckDBConnection,
  sql: string,
  values: string[] = [],
): Promise<DuckDBValue | undefined> {
  const result = await connection.run(sql, values);
  return rowsOf(result)[0]?.[0];
}

function expressions(rows: readonly (readonly DuckDBValue[])[], types: readonly unknown[]): string[] | undefined {
  try {
    return rows.flatMap((row) => row.map((value, index) => expression({ value, type: types[index] as never })));
  } catch {
    // of a kind that has no literal
    return undefined;
  }
}

/** A bound value as SQL, of exactly its type. */
function expression({ value, type }: Bound): string {
  const text = literal(value);
  // a list of nothing has no type of items
  const name = type === undefined ? '"NULL"' : String(type).replace(/^SQLNULL(?=\[)/, '"NULL"');
  return /^"NULL"$|^SQLNULL$|^ANY$/.test(name) ? text : `CAST(${text} AS ${name})`;
}
