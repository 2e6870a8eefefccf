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
import type { Recording } from './journal.js';
import { ResultShape, readResult, type Read, type Result } from './result.js';
import { refuseReaching } from './secure.js';

const PREPARED_MAX = 200;

/** One interrupt is not enough: DuckDB forgets it where the statement has not begun on its thread yet. */
const INTERRUPT_EVERY_MS = 10;

/** The one type that changes no table: EXPLAIN ANALYZE runs what it explains. */
const READING: ReadonlySet<StatementType> = new Set([StatementType.SELECT]);
const DATA: ReadonlySet<StatementType> = new Set([
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.MERGE_INTO,
]);

/** Counts schema changes, so that every session drops its prepared statements when one happened; and changes of data. */
export class SchemaVersion {
  value = 0;
  data = 0;
}

/**
 * DuckDB plans by what the tables hold: `count(*)`, `max(x)`, `x IS NULL`, `x > 100`, an ORDER BY. A prepared statement keeps
 * its plan and goes on giving the answer of then when the tables have changed. What only adds values looks at no table.
 */
const PLANNED_BY_DATA = /^(?!\s*insert\s)|\b(?:select|from|table|with|where)\b/i;

interface Prepared {
  readonly statement: DuckDBPreparedStatement;
  /** the state of the data that its plan may rely on; undefined where it relies on none */
  readonly data: number | undefined;
  /** of the last result, and the parameters that it may depend on: `select $1` has the type of what is bound */
  shape: { readonly of: ResultShape; readonly bound: readonly DuckDBType[] } | undefined;
}

/**
 * Committed at once, these change no answer that was ever given: who asked before what they make was there got an error. So
 * what a subclass does in `createTables()` at each start leaves alone what the cache kept. A temporary table is no such
 * thing: it hides another one.
 */
const ADDS_ONLY = /^\s*create\s+(?:unique\s+)?(?:table|index|sequence|schema)\s+if\s+not\s+exists\s/i;

export const addsOnly = (sql: string): boolean => ADDS_ONLY.test(sql) && !/;\s*\S/.test(sql);

/** What a statement of this type wrote, once it is done. */
export function writesOf(statement: Statement, type: StatementType): readonly string[] {
  return READING.has(type) ? [] : statement.writes;
}

const GLOBAL = /^\s*(?:set|reset)\s+global\s/i;

/** PRAGMAs that read are SELECTs to DuckDB; the others set something, but for this one. */
const changesConnection = (type: StatementType, sql: string): boolean =>
  type === StatementType.PRAGMA
    ? !/^\s*pragma\s+force_checkpoint\b/i.test(sql)
    : type === StatementType.CALL && /\b(?:enable|disable)_profil(?:ing|e)\b/i.test(sql);

export class Session {
  readonly #prepared = new Map<string, Prepared>();
  #preparedAt: number;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly schema: SchemaVersion,
    private readonly secure = false,
  ) {
    this.#preparedAt = schema.value;
  }

  /** Of the same connection something else than this session makes use, which may change data at any time. */
  shared = 0;

  /** Data may have changed, here or on another connection, so that plans made before do not hold. */
  dataChanged(): void {
    this.schema.data += 1;
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
   * @param done told what kind of statement ran once DuckDB has done it; reading the result may still fail, and what was
   *   written is written all the same
   * @param recording writes down what it changes, in the same transaction
   * @throws DatabaseError, classified
   */
  collect<T extends { readonly rowCount: number }>(
    statement: Statement,
    read: Read<T>,
    done?: (type: StatementType) => void,
    limit?: Limit,
    recording?: Recording,
  ): Promise<T> {
    return this.#classified(statement, limit, async () => {
      const { prepared, result } = await this.#execute(statement, done, recording);
      return read(result, shapeOf(prepared, result, statement));
    });
  }

  /** The same, with an array for each column. */
  run(
    statement: Statement,
    done?: (type: StatementType) => void,
    limit?: Limit,
    recording?: Recording,
  ): Promise<Result> {
    return this.collect(statement, readResult, done, limit, recording);
  }

  /** `collect` in a transaction of its own, together with what is written down about it. */
  runRecorded<T extends { readonly rowCount: number }>(
    statement: Statement,
    read: Read<T>,
    done: ((type: StatementType) => void) | undefined,
    limit: Limit | undefined,
    recording: Recording,
  ): Promise<T> {
    return this.#classified(statement, limit, async () => {
      let type: StatementType | undefined;
      const { prepared, result } = await recording
        .transact(this.connection, () => this.#execute(statement, (ran) => (type = ran), recording))
        // others may have planned by the data of before between the statement and its COMMIT
        .finally(() => this.dataChanged());
      if (type !== undefined) done?.(type);
      return read(result, shapeOf(prepared, result, statement));
    });
  }

  /**
   * Starts a SELECT whose rows are fetched as they are made. Any other statement here would end it: the session is the
   * caller's alone until it is read.
   *
   * @throws DatabaseError, classified; `E_QUERY` for what is no SELECT
   */
  stream(statement: Statement, limit?: Limit): Promise<DuckDBResult> {
    return this.#classified(statement, limit, async () => (await this.#select(statement)).statement.stream());
  }

  /** Runs a SELECT whose rows are read later, with other statements in between: DuckDB keeps them until then. */
  select(statement: Statement, limit?: Limit): Promise<DuckDBMaterializedResult> {
    return this.#classified(statement, limit, async () => (await this.#select(statement)).statement.run());
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

  async #select(statement: Statement): Promise<Prepared> {
    const prepared = await this.#bound(statement);
    if (prepared.statement.statementType !== StatementType.SELECT)
      throw new DatabaseError(
        'E_QUERY',
        'A stream gives the rows of a SELECT. For anything else use query or execute.',
      );
    return prepared;
  }

  async #execute(
    statement: Statement,
    done: ((type: StatementType) => void) | undefined,
    recording: Recording | undefined,
  ): Promise<{ prepared: Prepared; result: DuckDBMaterializedResult }> {
    const prepared = await this.#bound(statement);
    const run = (): Promise<DuckDBMaterializedResult> => prepared.statement.run();
    const result = await (recording === undefined || statement.writes.length === 0
      ? run()
      : recording.around(
          this.connection,
          { type: prepared.statement.statementType, text: statement.text, parameters: statement.parameters },
          run,
        ));
    if (!READING.has(result.statementType)) this.dataChanged();
    done?.(result.statementType);
    if (statement.writes.includes(EVERYTHING) && !READING.has(result.statementType) && !DATA.has(result.statementType))
      this.schema.value += 1;
    return { prepared, result };
  }

  async #bound(statement: Statement): Promise<Prepared> {
    // what is kept is there at once: each wait is a turn through the queue of promises
    const known = this.#kept(statement.text) ?? (await this.#prepare(statement));
    const prepared = known.statement;
    if (prepared.statementType === StatementType.TRANSACTION) {
      throw new DatabaseError(
        'E_QUERY',
        'A transaction begun by SQL would take in whoever uses the connection next. Use transaction(fn).',
      );
    }
    if (prepared.statementType === StatementType.SET && !GLOBAL.test(statement.text)) {
      throw new DatabaseError(
        'E_QUERY',
        'SET and USE reach one connection of the pool alone, and whoever uses it next. Give settings to the manager, write SET GLOBAL, or qualify names.',
      );
    }
    if (changesConnection(prepared.statementType, statement.text)) {
      throw new DatabaseError(
        'E_QUERY',
        'This reaches one connection of the pool alone, and whoever uses it next. Give settings to the manager, write SET GLOBAL, or use withConnection and set it back there.',
      );
    }
    if (statement.parameters.length > 0) {
      prepared.bind(
        statement.parameters.map((parameter) => parameter.value),
        statement.parameters.map((parameter) => parameter.type),
      );
    }
    return known;
  }

  /** What was prepared before and still holds. */
  #kept(text: string): Prepared | undefined {
    if (this.#preparedAt !== this.schema.value) this.#forget();
    const known = this.#prepared.get(text);
    if (known === undefined) return undefined;
    this.#prepared.delete(text);
    if (known.data === undefined || (known.data === this.schema.data && this.shared === 0)) {
      // back to the young end
      this.#prepared.set(text, known);
      return known;
    }
    known.statement.destroySync();
    return undefined;
  }

  async #prepare({ text, plan }: Statement): Promise<Prepared> {
    if (this.secure) refuseReaching(text);
    // before it is planned: what changes meanwhile is not in the plan
    const data = plan !== 'stable' && PLANNED_BY_DATA.test(text) ? this.schema.data : undefined;
    const statement = await this.connection.prepare(text);
    const prepared: Prepared = { statement, data, shape: undefined };
    this.#prepared.set(text, prepared);
    if (this.#prepared.size > PREPARED_MAX) {
      const [oldest, old] = this.#prepared.entries().next().value as [string, Prepared];
      this.#prepared.delete(oldest);
      old.statement.destroySync();
    }
    return prepared;
  }

  #forget(): void {
    for (const { statement } of this.#prepared.values()) statement.destroySync();
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
