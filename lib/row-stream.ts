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

/**
 * Rows as they are read. Nothing runs before the first `next()`; the end of the loop, `break`, an error and `return()` let go
 * of the connection.
 */
export class RowStream<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  #limit: Limit | undefined;
  #rows: AsyncGenerator<T> | undefined;
  #asked = 0;
  #returned = false;

  /** @internal */
  constructor(private readonly source: Source<T>) {
    // a wrong option is refused here, before anything runs
    Limit.of(source.options, source.what)?.dispose();
  }

  async next(): Promise<IteratorResult<T>> {
    this.#rows ??= this.#read();
    this.#asked += 1;
    try {
      return await this.#rows.next();
    } catch (error) {
      if (this.#returned) return { done: true, value: undefined };
      throw error;
    } finally {
      this.#asked -= 1;
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#returned = true;
    this.#rows ??= this.#read();
    // a generator that waits for the database would hear of its end only when it has its rows
    if (this.#asked > 0)
      this.#limit?.stop(new DatabaseError('E_ABORTED', `${this.source.what} was ended by return().`));
    await this.#rows.return(undefined);
    return { done: true, value: undefined };
  }

  async *#read(): AsyncGenerator<T> {
    const { options, what, statementMs, chunks } = this.source;
    // the time counts from here
    const limit = Limit.of(options, what, statementMs) ?? new Limit();
    this.#limit = limit;
    try {
      limit.refuse();
      for await (const rows of chunks(limit)) {
        for (const row of rows) {
          yield row;
          limit.refuse();
        }
      }
    } finally {
      limit.dispose();
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
