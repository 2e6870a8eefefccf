// One DuckDB connection used in order: statements run in the order they were asked for, one at a time. Not here: who may
// use it (pool.ts).
import type {
  DuckDBConnection,
  DuckDBMaterializedResult,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBType,
} from '@duckdb/node-api';
import { StatementType } from '@duckdb/node-api';
import { DatabaseError, classify } from '../errors.js';
import { Limit } from '../limit.js';
import { EVERYTHING, type Statement } from '../sql/statement.js';
import { attaching } from './attach-statement.js';
import type { Recording } from './journal.js';
import { ResultShape, readResult, type Read, type Result } from './result.js';
import { refuseReaching } from './secure.js';
import { DATA, GLOBAL, READING, changesConnection, controlsTransaction } from './statement-effect.js';
import { TablesRead, type TablesOrUnknown } from './tables-read.js';

const PREPARED_MAX = 200;

/** One interrupt is not enough: DuckDB forgets it where the statement has not begun on its thread yet. */
const INTERRUPT_EVERY_MS = 10;

/**
 * Counts schema changes, so that every session drops its prepared statements when one happened; and commits that may have made
 * others see another catalog than before.
 */
export class SchemaVersion {
  value = 0;
  catalog = 0;
}

/** Whoever wants to know which tables a query reads, before it runs. */
export interface Reader {
  /** of the database whose tables have ids */
  readonly alias: string;
  readonly told: (tables: TablesOrUnknown) => void;
}

/** Whoever follows a statement, told what kind it is: before it runs, and once DuckDB has done it. */
export interface Watcher {
  readonly starts?: (type: StatementType, connection: DuckDBConnection) => void | Promise<void>;
  /** reading the result may still fail, and what was written is written all the same */
  readonly done: (type: StatementType, connection: DuckDBConnection) => void | Promise<void>;
}

/**
 * DuckDB plans by what the tables hold: it folds `count(*)`, `max(x)`, `x IS NULL`, `x > 100`, and sorts and groups numbers in as
 * few bits as their range takes. A statement with parameters is planned anew at each execution, with their values and in its own
 * transaction. One without keeps the plan it was prepared with, and what was committed between its plan and its run it answers
 * as of before, or as garbage: 400 sorted among 0 to 2 came back as 144. So such a statement is given to DuckDB as text, which is
 * planned and run in one transaction. What only adds values looks at no table.
 */
const PLANNED_BY_DATA = /^(?!\s*insert\s)|\b(?:select|from|table|with|where)\b/i;

/** These are SELECTs, whatever follows: their type need not be asked of a plan. */
const SELECTS = /^\s*(?:select|from)\b/i;

interface Prepared {
  readonly type: StatementType;
  /** undefined for what is given to DuckDB as text */
  readonly statement: DuckDBPreparedStatement | undefined;
  /** of the last result, and the parameters that it may depend on: `select $1` has the type of what is bound */
  shape: { readonly of: ResultShape; readonly bound: readonly DuckDBType[] } | undefined;
}

export class Session {
  readonly #prepared = new Map<string, Prepared>();
  #preparedAt: number;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;
  readonly #tablesRead: TablesRead;

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly schema: SchemaVersion,
    private readonly secure = false,
  ) {
    this.#preparedAt = schema.value;
    this.#tablesRead = new TablesRead(connection);
  }

  /** Of the same connection something else than this session makes use, for which names may mean something else. */
  shared = 0;

  /** The catalog that is seen here may be another: a transaction began or ended, or somebody else had the connection. */
  catalogChanged(): void {
    this.#tablesRead.forget();
  }

  /** The catalog that others see may be another: a transaction with changes of it was committed. */
  catalogCommitted(): void {
    this.schema.catalog += 1;
  }

  /** Whether something runs or waits here. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  /**
   * Runs `work` when everything asked for before is done. The one way to the connection: DuckDB itself would run
   * statements that were not awaited in any order.
   *
   * @param limit stops `work` by interrupts, from its start to its end and so never what runs next here; a turn that it
   *   stops before its start is not taken
   */
  exclusive<T>(work: (connection: DuckDBConnection) => T | Promise<T>, limit?: Limit): Promise<T> {
    this.#pending += 1;
    let started = false;
    const turn = this.#tail
      .then(() => {
        started = true;
        return limit === undefined ? work(this.connection) : this.#guarded(work, limit);
      })
      .finally(() => (this.#pending -= 1));
    // without what it came to, which may be large: it would be kept until the next turn
    this.#tail = turn.then(nothing, nothing);
    if (limit === undefined) return turn;
    return new Promise((resolve, reject) => {
      // once started, what it comes to counts: it may be done before the interrupt reaches it
      const off = limit.onStop((reason) => {
        if (!started) reject(reason);
      });
      void turn.then(resolve, reject).finally(off);
    });
  }

  async #guarded<T>(work: (connection: DuckDBConnection) => T | Promise<T>, call: Limit): Promise<T> {
    call.refuse();
    const limit = new Limit([call]);
    if (call.statementMs !== undefined)
      limit.after(
        call.statementMs,
        `The statement was stopped by the manager's queryTimeout of ${call.statementMs} ms. Raise it, or give this call a timeout of its own: { timeout: '5m' }.`,
      );
    let again: NodeJS.Timeout | undefined;
    const off = limit.onStop(() => {
      this.interrupt();
      again = setInterval(() => this.interrupt(), INTERRUPT_EVERY_MS);
    });
    try {
      return await work(this.connection);
    } catch (error) {
      throw limit.reason !== undefined && isInterrupt(error) ? limit.reason : error;
    } finally {
      off();
      clearInterval(again);
      limit.dispose();
    }
  }

  /**
   * @param read what is made of the result
   * @param recording writes down what it changes, in the same transaction
   * @param reader told which tables it reads
   * @throws DatabaseError, classified
   */
  collect<T extends { readonly rowCount: number }>(
    statement: Statement,
    read: Read<T>,
    watcher?: Watcher,
    limit?: Limit,
    recording?: Recording,
    reader?: Reader,
  ): Promise<T> {
    return this.#classified(statement, limit, async () => {
      if (reader !== undefined) await this.#tell(reader, statement);
      const { prepared, result } = await this.#execute(statement, watcher, recording);
      const telling = watcher?.done(result.statementType, this.connection);
      if (telling !== undefined) await telling;
      return read(result, shapeOf(prepared, result, statement));
    });
  }

  /** The same, with an array for each column. */
  run(statement: Statement, watcher?: Watcher, limit?: Limit, recording?: Recording): Promise<Result> {
    return this.collect(statement, readResult, watcher, limit, recording);
  }

  /** `collect` in a transaction of its own, together with what is written down about it. */
  runRecorded<T extends { readonly rowCount: number }>(
    statement: Statement,
    read: Read<T>,
    watcher: Watcher | undefined,
    limit: Limit | undefined,
    recording: Recording,
    reader?: Reader,
  ): Promise<T> {
    return this.#classified(statement, limit, async () => {
      if (reader !== undefined) await this.#tell(reader, statement);
      const { prepared, result } = await recording
        .transact(this.connection, () => this.#execute(statement, watcher, recording))
        .finally(() => {
          if (statement.writes.includes(EVERYTHING)) this.catalogCommitted();
        });
      const telling = watcher?.done(result.statementType, this.connection);
      if (telling !== undefined) await telling;
      return read(result, shapeOf(prepared, result, statement));
    });
  }

  /**
   * Starts a SELECT whose rows are fetched as they are made, in the transaction that is open here. Any other statement would end
   * it: the session is the caller's alone until it is read.
   *
   * @throws DatabaseError, classified; `E_QUERY` for what is no SELECT
   */
  stream(statement: Statement, limit?: Limit, reader?: Reader): Promise<DuckDBResult> {
    return this.#classified(statement, limit, async () => {
      const prepared = await this.#select(statement, reader);
      return prepared.statement?.stream() ?? this.connection.stream(statement.text);
    });
  }

  /** Runs a SELECT whose rows are read later, with other statements in between: DuckDB keeps them until then. */
  select(statement: Statement, limit?: Limit, reader?: Reader): Promise<DuckDBMaterializedResult> {
    return this.#classified(statement, limit, async () => this.#run(await this.#select(statement, reader), statement));
  }

  async #tell(reader: Reader, { text }: Statement): Promise<void> {
    // somebody else may have made names mean something else on the connection
    const unsure = this.shared > 0;
    const { value, catalog } = this.schema;
    reader.told(unsure ? undefined : await this.#tablesRead.of(text, reader.alias, `${value} ${catalog}`));
  }

  #classified<T>(statement: Statement, limit: Limit | undefined, work: () => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      try {
        return await work();
      } catch (error) {
        throw classify(error, { sql: statement.text });
      }
    }, limit);
  }

  async #select(statement: Statement, reader: Reader | undefined): Promise<Prepared> {
    if (reader !== undefined) await this.#tell(reader, statement);
    const prepared = await this.#bound(statement);
    if (prepared.type !== StatementType.SELECT)
      throw new DatabaseError(
        'E_QUERY',
        'A stream gives the rows of a SELECT. For anything else use query or execute.',
      );
    return prepared;
  }

  async #execute(
    statement: Statement,
    watcher: Watcher | undefined,
    recording: Recording | undefined,
  ): Promise<{ prepared: Prepared; result: DuckDBMaterializedResult }> {
    const prepared = await this.#bound(statement);
    const starting = watcher?.starts?.(prepared.type, this.connection);
    // each wait is a turn through the queue of promises
    if (starting !== undefined) await starting;
    const run = (): Promise<DuckDBMaterializedResult> =>
      prepared.type === StatementType.ATTACH
        ? attaching(this.connection, statement.text, () => this.#run(prepared, statement))
        : this.#run(prepared, statement);
    const result = await (recording === undefined || statement.writes.length === 0
      ? run()
      : recording.around(
          this.connection,
          { type: prepared.type, text: statement.text, parameters: statement.parameters },
          run,
        ));
    if (statement.writes.includes(EVERYTHING) && !READING.has(result.statementType) && !DATA.has(result.statementType))
      this.schema.value += 1;
    return { prepared, result };
  }

  #run({ statement }: Prepared, { text }: Statement): Promise<DuckDBMaterializedResult> {
    return statement === undefined ? this.connection.run(text) : statement.run();
  }

  async #bound(statement: Statement): Promise<Prepared> {
    // what is kept is there at once: each wait is a turn through the queue of promises
    const prepared = this.#kept(statement) ?? (await this.#prepare(statement));
    if (controlsTransaction(prepared.type, statement.text)) {
      throw new DatabaseError(
        'E_QUERY',
        'BEGIN, COMMIT and ROLLBACK by SQL would reach whoever uses the connection next. Use transaction(fn): it begins by itself, commits when fn is done, and is rolled back when fn throws.',
      );
    }
    if (prepared.type === StatementType.SET && !GLOBAL.test(statement.text)) {
      throw new DatabaseError(
        'E_QUERY',
        'SET and USE reach one connection of the pool alone, and whoever uses it next. Give settings to the manager, write SET GLOBAL, or qualify names.',
      );
    }
    if (changesConnection(prepared.type, statement.text)) {
      throw new DatabaseError(
        'E_QUERY',
        'This reaches one connection of the pool alone, and whoever uses it next. Give settings to the manager, write SET GLOBAL, or use withConnection and set it back there.',
      );
    }
    if (statement.parameters.length > 0) {
      prepared.statement?.bind(
        statement.parameters.map((parameter) => parameter.value),
        statement.parameters.map((parameter) => parameter.type),
      );
    }
    return prepared;
  }

  /** What was prepared before and still holds. */
  #kept({ text, parameters }: Statement): Prepared | undefined {
    if (this.#preparedAt !== this.schema.value) this.#forget();
    const known = this.#prepared.get(text);
    if (known === undefined || (known.statement === undefined && parameters.length > 0)) return undefined;
    // back to the young end
    this.#prepared.delete(text);
    this.#prepared.set(text, known);
    return known;
  }

  async #prepare({ text, parameters }: Statement): Promise<Prepared> {
    if (this.secure) refuseReaching(text);
    const asText = parameters.length === 0 && PLANNED_BY_DATA.test(text);
    const statement = asText ? undefined : await this.connection.prepare(text);
    const type = statement?.statementType ?? (await this.#typeOf(text));
    const prepared: Prepared = { type, statement, shape: undefined };
    this.#prepared.set(text, prepared);
    if (this.#prepared.size > PREPARED_MAX) {
      const [oldest, old] = this.#prepared.entries().next().value as [string, Prepared];
      this.#prepared.delete(oldest);
      old.statement?.destroySync();
    }
    return prepared;
  }

  /** Of the one statement that the text is to be. @throws what DuckDB says of any other text */
  async #typeOf(text: string): Promise<StatementType> {
    if (SELECTS.test(text) && (await this.#isOne(text))) return StatementType.SELECT;
    const statement = await this.connection.prepare(text);
    const { statementType } = statement;
    statement.destroySync();
    return statementType;
  }

  async #isOne(text: string): Promise<boolean> {
    try {
      return (await this.connection.extractStatements(text)).count === 1;
    } catch {
      // what is wrong with it is said where it is prepared
      return false;
    }
  }

  #forget(): void {
    for (const { statement } of this.#prepared.values()) statement?.destroySync();
    this.#prepared.clear();
    this.#preparedAt = this.schema.value;
  }

  /** From here on in another database; nothing may be open here. */
  use(alias: string): Promise<void> {
    return this.exclusive(async (connection) => {
      await connection.run(`USE ${alias}`);
    });
  }

  /** Stops the statement that runs now; those that wait run next. */
  interrupt(): void {
    this.connection.interrupt();
  }

  /** Waits for what runs, stopping it again and again, and closes. Closing under a running query would hang the process. */
  async close(): Promise<void> {
    const stopping = setInterval(() => this.interrupt(), 20);
    try {
      this.interrupt();
      await this.#tail;
      // a borrower of the bare connection may have something running on it still: this waits behind it
      await this.connection.run('SELECT 1').catch(() => {});
    } finally {
      clearInterval(stopping);
    }
    this.#forget();
    this.connection.closeSync();
  }
}

const nothing = (): void => {};

/** Made once for a prepared statement: asking DuckDB for names and types takes longer than a point read. */
function shapeOf(prepared: Prepared, result: DuckDBMaterializedResult, { as, parameters }: Statement): ResultShape {
  const { shape } = prepared;
  const fits =
    shape !== undefined &&
    parameters.every(({ type }, index) => sameType(type, shape.bound[index])) &&
    shape.of.fits(result, as);
  if (fits) return shape.of;
  const of = new ResultShape(result, as);
  prepared.shape = { of, bound: parameters.map(({ type }) => type) };
  return of;
}

const sameType = (one: DuckDBType, other: DuckDBType | undefined): boolean =>
  one === other || String(one) === String(other);

/** Whether DuckDB stopped because it was told to. Appenders and COMMIT say it in the middle of a sentence of their own. */
function isInterrupt(error: unknown): boolean {
  const { code } = classify(error);
  return code === 'E_ABORTED' || (error instanceof Error && error.message.includes('Interrupted!'));
}
