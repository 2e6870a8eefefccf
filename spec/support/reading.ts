// Vectors of a real DuckDB, read by one reader: out of the running query, and out of the result that is all there, whose
// memory lies otherwise. Not here: whole results (engine/result.ts).
import { DuckDBInstance, type DuckDBDataChunk, type DuckDBResult } from '@duckdb/node-api';
import duckdb, { type Vector } from '@duckdb/node-bindings';
import type { VectorReader } from '../../lib/vector/reader.js';
import { difference } from './exact.js';

/** What `look` makes of the first column of each chunk, as the query gives it, then as the result that is all there. */
export async function lookAt<T>(
  select: string,
  look: (vector: Vector, count: number) => T,
  { setup = [], path = ':memory:' }: { readonly setup?: readonly string[]; readonly path?: string } = {},
): Promise<{ streamed: T[]; whole: T[] }> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    for (const statement of setup) await connection.run(statement);
    const read = async (result: DuckDBResult): Promise<T[]> => {
      const seen: T[] = [];
      for (let chunk = await next(result); chunk !== null; chunk = await next(result))
        seen.push(look(duckdb.data_chunk_get_vector(chunk.chunk, 0), chunk.rowCount));
      return seen;
    };
    return { streamed: await read(await connection.stream(select)), whole: await read(await connection.run(select)) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const next = async (result: DuckDBResult): Promise<DuckDBDataChunk | null> => {
  const chunk = await result.fetchChunk();
  return chunk === null || chunk.rowCount === 0 ? null : chunk;
};

/** All items of the first column. @throws where the two ways differ */
export async function readBy(
  reader: VectorReader,
  select: string,
  options?: { readonly setup?: readonly string[]; readonly path?: string },
): Promise<unknown[]> {
  const all = (vector: Vector, count: number): unknown[] => {
    const items = reader.open(vector, count);
    return Array.from({ length: count }, (_each, index) => items(index));
  };
  const { streamed, whole } = await lookAt(select, all, options);
  const other = difference(streamed.flat(), whole.flat(), select);
  if (other !== undefined) throw new Error(`as a stream and as a whole, ${other}`);
  return whole.flat();
}
