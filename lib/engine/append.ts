// Bulk loading through DuckDB's appender, chunk by chunk. Not here: what the values mean, and the transaction around it.
import type { DuckDBAppender, DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { classify } from '../errors.js';
import type { Limit } from '../limit.js';
import type { Recording } from './journal.js';
import type { Session } from './session.js';

/** The most rows a chunk of DuckDB holds. */
export const CHUNK_ROWS = 2048;

/**
 * How many chunks an appender keeps before they go into the table, which nothing else runs beside: a chunk takes 1 to 4 ms,
 * with a primary key. Left to itself DuckDB does 100 at once.
 */
const FLUSHED_CHUNKS = 10;

/** Where rows go: chunks have its columns in the table's own order, generated columns left out. */
export interface LoadTarget {
  readonly schema: string | undefined;
  readonly table: string;
  /** a temporary table */
  readonly temporary: boolean;
  /** names of the columns */
  readonly columns: readonly string[];
  /** ids of the tables that this counts as a write to */
  readonly writes: readonly string[];
}

/** Chunks of rows; one may be the same again, with other rows in it. */
export type ChunkSource = AsyncIterable<DuckDBDataChunk>;

/** @throws DatabaseError, classified; then nothing may be taken as loaded, and the transaction must be rolled back */
export async function loadChunks(
  session: Session,
  target: LoadTarget,
  chunks: ChunkSource,
  refuseIfOver: () => void,
  alias: string,
  recording: Recording | undefined,
  limit?: Limit,
): Promise<number> {
  const catalog = target.temporary ? 'temp' : alias;
  // each step waits its turn, so that a source may read from the same transaction between two chunks
  const appenders = await step(session, target, limit, async (connection) => {
    refuseIfOver();
    const own = await connection.createAppender(target.table, target.schema ?? 'main', catalog);
    return recording === undefined ? [own] : [own, await recording.loading(connection, target)];
  });
  let [rows, kept] = [0, 0];
  try {
    for await (const chunk of chunks) {
      await step(session, target, limit, () => {
        refuseIfOver();
        kept += 1;
        for (const appender of appenders) {
          appender.appendDataChunk(chunk);
          if (kept % FLUSHED_CHUNKS === 0) appender.flushSync();
        }
      });
      rows += chunk.rowCount;
    }
    await step(session, target, limit, () => {
      refuseIfOver();
      for (const appender of appenders) appender.closeSync();
    });
    return rows;
  } catch (error) {
    // in its turn, like each step
    await session.exclusive(() => appenders.forEach(discard));
    throw error;
  }
}

function step<T>(
  session: Session,
  target: LoadTarget,
  limit: Limit | undefined,
  work: (connection: DuckDBConnection) => T | Promise<T>,
): Promise<T> {
  return session.exclusive(async (connection) => {
    try {
      return await work(connection);
    } catch (error) {
      throw classify(error, { table: target.table, operation: 'append' });
    }
  }, limit);
}

/** A failed appender repeats its error at every further call, also at its close. */
function discard(appender: DuckDBAppender): void {
  try {
    appender.clear();
    appender.closeSync();
  } catch {
    // the first error is the one to tell
  }
}
