// A SELECT read chunk by chunk: nothing more is in memory than what is being looked at, and it gives all rows or throws. Not
// here: rows and instances, and who lends the session (engine.ts).
import { ResultReturnType, type DuckDBResult } from '@duckdb/node-api';
import { DatabaseError, classify } from '../errors.js';
import type { Limit } from '../limit.js';
import type { Statement } from '../sql/statement.js';
import { OpenChunk, ResultShape } from './result.js';
import type { Reader, Session } from './session.js';

/**
 * One streamed result on a session of its own.
 *
 * How it knows that it has all rows: `fetchChunk` of the binding gives null at the end and likewise after every failure - a
 * late error, an interrupt, no memory. Of what could prove the end, measured over 2,000,000 rows:
 *
 * - the kind of the result, asked for after the end: DuckDB says INVALID where the result has failed. Right in each case: late
 *   `error()`, late conversion, a failure above a sort, an interrupt at any time, no memory, another statement on the
 *   connection, with and without preserve_insertion_order;
 * - a statement after the end, in a transaction that the failure has aborted: right but for the stream that another statement
 *   on the connection had closed, and for kinds of errors that abort no transaction;
 * - a last row of one's own by UNION ALL: does not keep the order without preserve_insertion_order, and needs SQL that goes
 *   into a subquery;
 * - a temporary table, read in pages: right, and writes every row before the first one is seen.
 *
 * The first two are both asked: one call without I/O, and one statement for each stream. The reason, which the binding does not
 * tell, comes from running it again under EXPLAIN ANALYZE, which keeps no rows.
 */
export class StreamedResult {
  #result: DuckDBResult | undefined;
  #shape: ResultShape | undefined;
  #rows = 0;

  constructor(
    private readonly session: Session,
    private readonly statement: Statement,
    private readonly limit: Limit,
    private readonly reader?: Reader,
  ) {}

  /** Rows given so far. */
  get rows(): number {
    return this.#rows;
  }

  /** What `read` makes of the next rows, or undefined when all have been given. @throws DatabaseError when they have not */
  async next<T>(read: (chunk: OpenChunk) => T): Promise<T | undefined> {
    if (this.#result === undefined) {
      // read-only, so that a stream that is left half read has written nothing
      await this.session.exclusive((connection) => connection.run('BEGIN TRANSACTION READ ONLY'), this.limit);
      // the catalog is that of the transaction from here to its end
      this.session.catalogChanged();
      this.#result = await this.session.stream(this.statement, this.limit, this.reader);
    }
    const result = this.#result;
    const shape = (this.#shape ??= new ResultShape(result, this.statement.as));
    const chunk = await this.session.exclusive(() => result.fetchChunk(), this.limit);
    if (chunk !== null && chunk.rowCount > 0) {
      const before = this.#rows;
      this.#rows += chunk.rowCount;
      return OpenChunk.read(shape, chunk, before, read);
    }
    this.limit.refuse();
    if (result.returnType === ResultReturnType.INVALID || (await this.#aborted())) throw await this.#reason(this.#rows);
    return undefined;
  }

  #aborted(): Promise<boolean> {
    return this.session.exclusive((connection) =>
      connection.run('SELECT 1').then(
        () => false,
        () => true,
      ),
    );
  }

  /** Why it broke off: what the statement fails with when it is run again. */
  async #reason(rows: number): Promise<unknown> {
    const broken = `The stream broke off after ${rows} rows.`;
    await this.close();
    const prefix = 'EXPLAIN ANALYZE ';
    try {
      await this.session.run({ ...this.statement, text: prefix + this.statement.text }, undefined, this.limit);
    } catch (error) {
      const { code, message, details, cause, retryable } = classify(error);
      const position = details['position'];
      return new DatabaseError(code, `${broken} ${message}`, {
        cause,
        retryable,
        details: {
          ...details,
          sql: this.statement.text,
          rows,
          ...(typeof position === 'number' ? { position: position - prefix.length } : {}),
        },
      });
    }
    return new DatabaseError(
      'E_UNKNOWN',
      `${broken} DuckDB does not say why, and the same statement did not fail when it was run again. Start the stream again.`,
      { details: { sql: this.statement.text, rows }, retryable: true },
    );
  }

  /** Ends it, read to its end or not. */
  async close(): Promise<void> {
    const result = this.#result;
    this.#result = undefined;
    await this.session.exclusive(async (connection) => {
      if (result !== undefined) {
        // a result that is not read to its end keeps the database open, and its file locked after close(), until it is
        // collected as garbage; after an interrupt its end is near
        connection.interrupt();
        for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0;)
          chunk = await result.fetchChunk();
      }
      // none is open where BEGIN was never reached
      await connection.run('ROLLBACK').catch(() => {});
      this.session.catalogChanged();
    });
  }
}
