// A raw connection in fallback: what is written through it is written down too, whichever of the binding's methods it goes
// through; what cannot be written down is refused. Not here: keeping its calls in order (raw-connection.ts).
import {
  BIGINT, BIT, BLOB, BOOLEAN, DATE, DOUBLE, FLOAT, HUGEINT, INTEGER, INTERVAL, SMALLINT, TIME, TIMESTAMP, TIMESTAMPTZ, TIMESTAMP_MS, TIMESTAMP_NS,
  TIMESTAMP_S, TIMETZ, TINYINT, UBIGINT, UHUGEINT, UINTEGER, USMALLINT, UTINYINT, UUID, VARCHAR,
  DuckDBPreparedStatement, DuckDBResultReader, StatementType,
  type DuckDBConnection, type DuckDBMaterializedResult, type DuckDBType, type DuckDBValue,
} from '@duckdb/node-api'; // prettier-ignore
import type { DatabaseError } from '../errors.js';
import { statementsOf, tokensOf } from '../sql/tokens.js';
import { changesMeaning, transactionOpenAfter, writeKind } from '../sql/write-kind.js';
import { notKept, rollback, type Bound, type Journal, type Recording } from './journal.js';

type Values = readonly DuckDBValue[] | Readonly<Record<string, DuckDBValue>>;
type Types = readonly DuckDBType[] | Readonly<Record<string, DuckDBType | undefined>>;

/** What the method of a prepared statement binds. */
const BINDERS: Readonly<Record<string, DuckDBType>> = {
  bindBoolean: BOOLEAN, bindTinyInt: TINYINT, bindSmallInt: SMALLINT, bindInteger: INTEGER, bindBigInt: BIGINT, bindHugeInt: HUGEINT,
  bindUTinyInt: UTINYINT, bindUSmallInt: USMALLINT, bindUInteger: UINTEGER, bindUBigInt: UBIGINT, bindUHugeInt: UHUGEINT,
  bindFloat: FLOAT, bindDouble: DOUBLE, bindDate: DATE, bindTime: TIME, bindTimeTZ: TIMETZ, bindTimestamp: TIMESTAMP,
  bindTimestampTZ: TIMESTAMPTZ, bindTimestampSeconds: TIMESTAMP_S, bindTimestampMilliseconds: TIMESTAMP_MS,
  bindTimestampNanoseconds: TIMESTAMP_NS, bindInterval: INTERVAL, bindVarchar: VARCHAR, bindBlob: BLOB, bindUUID: UUID, bindBit: BIT,
}; // prettier-ignore

export class RawJournal {
  #open: Recording | undefined;
  readonly #prepared = new WeakMap<
    DuckDBPreparedStatement,
    { readonly text: string; readonly bound: Map<number, Bound> }
  >();

  /**
   * @param within the transaction that the connection was lent in, whose end is not the borrower's
   */
  constructor(
    private readonly inner: DuckDBConnection,
    private readonly journal: Journal,
    private readonly within: Recording | undefined,
  ) {}

  /** A method of the connection. */
  async call(method: string, args: readonly unknown[], native: () => unknown): Promise<unknown> {
    const [sql] = args;
    if (method === 'createAppender' || method === 'extractStatements') throw unsupported(method);
    if (typeof sql !== 'string') return native();
    if (method === 'prepare') {
      const prepared = (await native()) as DuckDBPreparedStatement;
      this.#prepared.set(prepared, { text: sql, bound: new Map() });
      return prepared;
    }
    const prepared = await this.#single(sql);
    if (prepared === undefined) return isReading(sql) ? native() : this.#script(method, args);
    try {
      if (prepared.statementType === StatementType.TRANSACTION) return await this.#control(sql, native);
      if (!this.#writes(prepared, sql)) return await native();
      if (/^start(?:Stream)?$/.test(method)) throw unsupported(method);
      // a number of rows comes before the values
      const [rows, values, types] = method.endsWith('Until') ? args.slice(1) : [undefined, ...args.slice(1)];
      const result = await this.#recorded(
        prepared.statementType,
        sql,
        given(prepared, values as Values | undefined, types as Types | undefined),
        () => this.inner.run(sql, values as DuckDBValue[], types as DuckDBType[]),
      );
      return shaped(method, result, rows as number | undefined);
    } finally {
      prepared.destroySync();
    }
  }

  /** A method of a prepared statement that runs it. */
  async execute(
    statement: DuckDBPreparedStatement,
    method: string,
    args: readonly unknown[],
    native: () => unknown,
  ): Promise<unknown> {
    const known = this.#prepared.get(statement);
    if (known === undefined) throw unsupported('extractStatements');
    if (!this.#writes(statement, known.text)) return native();
    const parameters = Array.from({ length: statement.parameterCount }, (_each, index) => known.bound.get(index + 1));
    const result = await this.#recorded(
      statement.statementType,
      known.text,
      parameters.map((parameter) => parameter ?? { value: null }),
      () => statement.run(),
    );
    return shaped(method, result, args[0] as number | undefined);
  }

  /** Whether `start` may hand out a statement, which then runs step by step. */
  refuseStart(statement: DuckDBPreparedStatement): void {
    const known = this.#prepared.get(statement);
    if (known === undefined || this.#writes(statement, known.text)) throw unsupported('start');
  }

  /** Notes what a method of a prepared statement binds. */
  bound(statement: DuckDBPreparedStatement, method: string, args: readonly unknown[]): void {
    const known = this.#prepared.get(statement);
    if (known === undefined) return;
    if (method === 'clearBindings') known.bound.clear();
    else if (method === 'bind') {
      const all = given(statement, args[0] as Values | undefined, args[1] as Types | undefined);
      for (const [index, parameter] of all.entries()) known.bound.set(index + 1, parameter);
    } else {
      const type = BINDERS[method] ?? (args[2] as DuckDBType | undefined);
      const value = (args[1] ?? null) as DuckDBValue;
      known.bound.set(args[0] as number, type === undefined ? { value } : { value, type });
    }
  }

  #writes(statement: DuckDBPreparedStatement, text: string): boolean {
    const type = statement.statementType;
    if (type === StatementType.EXECUTE) throw unsupported('EXECUTE');
    if (type === StatementType.SET && changesMeaning(text)) throw unsupported('SET or USE');
    return writeKind(type, text, () => true).kind !== 'none';
  }

  /** The statement, prepared; undefined where there are several, or it is one that DuckDB makes several of. */
  async #single(sql: string): Promise<DuckDBPreparedStatement | undefined> {
    if ((await this.inner.extractStatements(sql)).count !== 1) return undefined;
    try {
      return await this.inner.prepare(sql);
    } catch (error) {
      if (error instanceof Error && error.message.includes('multiple statements')) return undefined;
      throw error;
    }
  }

  async #control(sql: string, native: () => unknown): Promise<unknown> {
    const word = tokensOf(sql)[0]?.text ?? '';
    if (word === 'begin' || word === 'start') {
      const result = await native();
      this.#open = this.journal.record();
      return result;
    }
    const recording = this.#open;
    this.#open = undefined;
    if (recording === undefined || word === 'rollback' || word === 'abort') return native();
    try {
      return await recording.commit(this.inner);
    } catch (error) {
      // COMMIT ends a transaction whatever becomes of it; one left open could not even follow to the database
      await rollback(this.inner);
      throw error;
    }
  }

  #recorded(
    type: StatementType,
    text: string,
    parameters: readonly Bound[],
    run: () => Promise<DuckDBMaterializedResult>,
  ): Promise<DuckDBMaterializedResult> {
    return this.#inTransaction((recording) => recording.around(this.inner, { type, text, parameters }, run));
  }

  #inTransaction<T>(work: (recording: Recording) => Promise<T>): Promise<T> {
    const recording = this.within ?? this.#open;
    if (recording !== undefined) return work(recording);
    const own = this.journal.record();
    return own.transact(this.inner, () => work(own));
  }

  /** Several statements in one text; here they are done all or none. */
  async #script(method: string, [sql, values]: readonly unknown[]): Promise<unknown> {
    const text = sql as string;
    if (transactionOpenAfter(text) !== undefined || values !== undefined)
      throw unsupported('several statements with values or BEGIN');
    const result = await this.#inTransaction(async (recording) => {
      const parts = statementsOf(text);
      if ((await this.inner.extractStatements(text)).count === parts.length) return this.#parts(parts, recording);
      const ran = await this.inner.run(text);
      await recording.script(this.inner, text);
      return ran;
    });
    return shaped(method, result);
  }

  /** One after the other, each written down as if it had come alone; gives the result of the last. */
  async #parts(parts: readonly string[], recording: Recording): Promise<DuckDBMaterializedResult> {
    let result: DuckDBMaterializedResult | undefined;
    for (const text of parts) {
      const prepared = await this.inner.prepare(text);
      try {
        this.#writes(prepared, text);
        const performed = { type: prepared.statementType, text, parameters: [] };
        result = await recording.around(this.inner, performed, () => this.inner.run(text));
      } finally {
        prepared.destroySync();
      }
    }
    return result ?? this.inner.run('');
  }
}

/** What DuckDB makes several statements of, and reads: a PIVOT. */
function isReading(sql: string): boolean {
  const tokens = tokensOf(sql);
  const several = tokens.some(({ kind, text, depth }, index) => kind === 'sign' && text === ';' && depth === 0 && index < tokens.length - 1); // prettier-ignore
  return !several && /^(?:select|from|with|pivot|unpivot|pivot_wider|pivot_longer|show|describe|summarize)$/.test(tokens[0]?.text ?? ''); // prettier-ignore
}

const unsupported = (what: string): DatabaseError => notKept(`${what} of a raw connection`);

function given(statement: DuckDBPreparedStatement, values: Values = [], types: Types = []): Bound[] {
  const of = <T>(from: readonly T[] | Readonly<Record<string, T>>, index: number): T | undefined =>
    Array.isArray(from)
      ? (from as readonly T[])[index]
      : (from as Readonly<Record<string, T>>)[statement.parameterName(index + 1)];
  return Array.from({ length: statement.parameterCount }, (_each, index): Bound => {
    const [value, type] = [of<DuckDBValue>(values, index), of<DuckDBType | undefined>(types, index)];
    return { value: value ?? null, ...(type === undefined ? {} : { type }) };
  });
}

/** The result as the method would have given it. */
async function shaped(method: string, result: DuckDBMaterializedResult, rows = 0): Promise<unknown> {
  if (!/Read(?:All|Until)?$/.test(method)) return result;
  const reader = new DuckDBResultReader(result);
  if (method.endsWith('All')) await reader.readAll();
  if (method.endsWith('Until')) await reader.readUntil(rows);
  return reader;
}
