// Rows one by one out of the chunks of a stream, for whoever loops over them. Not here: where the chunks come from
// (engine/stream.ts).
import { DatabaseError } from './errors.js';
import { Limit, type CallOptions } from './limit.js';

/** What a stream is made of. */
interface Source<T> {
  readonly options: CallOptions;
  readonly what: string;
  /** how long each wait for the database may take, where the call has no timeout */
  readonly statementMs: number | undefined;
  readonly chunks: (limit: Limit) => AsyncIterable<readonly T[]>;
}

const END: IteratorResult<never> = Object.freeze({ done: true, value: undefined });

/**
 * Rows as they are read. Nothing runs before the first `next()`; the end of the loop, `break`, an error and `return()` let go
 * of the connection.
 *
 * @example
 * await using rows = trades.stream({ orderBy: { at: 'asc' } });
 * const { value: earliest } = await rows.next(); // the connection is given back at the end of the block
 */
export class RowStream<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  #limit: Limit | undefined;
  #chunks: AsyncGenerator<readonly T[]> | undefined;
  #chunk: readonly T[] = [];
  #next = 0;
  /** calls of next() that wait for a chunk, and the last of them */
  #asked = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #returned = false;

  /** @internal */
  constructor(private readonly source: Source<T>) {
    // a wrong option is refused here, before anything runs
    Limit.of(source.options, source.what)?.dispose();
  }

  /**
   * The next row. A `for await` loop calls it.
   *
   * @throws DatabaseError as the call that made the stream, whatever DuckDB fails with
   * @example const { done, value } = await trades.stream().next();
   */
  next(): Promise<IteratorResult<T>> {
    // most rows are there already, and cost no turn of a generator
    if (this.#next < this.#chunk.length && this.#limit?.reason === undefined && this.#asked === 0)
      return Promise.resolve({ done: false, value: this.#chunk[this.#next++] as T });
    this.#asked += 1;
    const asked = this.#turn.then(() => this.#fetch()).finally(() => (this.#asked -= 1));
    this.#turn = asked.catch(() => {});
    return asked;
  }

  async #fetch(): Promise<IteratorResult<T>> {
    const chunks = (this.#chunks ??= this.#read());
    try {
      const reason = this.#limit?.reason;
      if (reason !== undefined) await chunks.throw(reason);
      while (this.#next >= this.#chunk.length) {
        const { done, value } = await chunks.next();
        if (done === true) return END;
        this.#hold(value);
      }
      return { done: false, value: this.#chunk[this.#next++] as T };
    } catch (error) {
      this.#hold([]);
      if (this.#returned) return END;
      throw error;
    }
  }

  #hold(rows: readonly T[]): void {
    this.#chunk = rows;
    this.#next = 0;
  }

  /**
   * Ends it and lets go of the connection. `break` and the end of an `await using` block call it.
   *
   * @throws DatabaseError what letting go fails with
   * @example
   * const rows = trades.stream();
   * await rows.next();
   * await rows.return();
   */
  async return(): Promise<IteratorResult<T>> {
    this.#returned = true;
    this.#hold([]);
    this.#chunks ??= this.#read();
    // a generator that waits for the database would hear of its end only when it has its rows
    if (this.#asked > 0)
      this.#limit?.stop(new DatabaseError('E_ABORTED', `${this.source.what} was ended by return().`));
    await this.#chunks.return(undefined);
    return END;
  }

  async *#read(): AsyncGenerator<readonly T[]> {
    const { options, what, statementMs, chunks } = this.source;
    // the time counts from here
    const limit = Limit.of(options, what, statementMs) ?? new Limit();
    this.#limit = limit;
    try {
      limit.refuse();
      for await (const rows of chunks(limit)) {
        yield rows;
        limit.refuse();
      }
    } finally {
      limit.dispose();
    }
  }

  /** The stream itself: for `for await`. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as `return()`, at the end of a block with `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
