// Whole columns of the rows that match, all at once or chunk by chunk. Not here: their SQL (sql/select.ts), the arrays (entity/column-array.ts).
import { arraysOf, readArrays, type OpenChunk } from '../engine/result.js';
import { arrayFor } from '../entity/column-array.js';
import { record } from '../entity/record.js';
import type { Column } from '../entity/schema.js';
import { limited, within, type CallOptions } from '../limit.js';
import { RowStream } from '../row-stream.js';
import { knownOptions, selectStatement, selectedColumns, type FindOptions } from '../sql/select.js';
import type { Statement } from '../sql/statement.js';
import { STREAM_OPTIONS } from './stream.js';
import type { Reader } from './reader.js';

const named = (columns: readonly Column[], arrays: readonly unknown[]): Record<string, unknown> =>
  record(
    columns.map((column) => column.property),
    (_property, index) => arrays[index],
  );

/** Some columns of some rows, without what is related to them. */
export function selection({ schema }: Reader, options: object): { columns: readonly Column[]; statement: Statement } {
  const columns = selectedColumns(schema, (options as FindOptions<never>).select);
  return { columns, statement: selectStatement(schema, columns, options) };
}

export function findColumns(reader: Reader, options: CallOptions): Promise<Record<string, unknown>> {
  knownOptions(options, STREAM_OPTIONS, 'findColumns');
  const { columns, statement } = selection(reader, options);
  return limited(options, 'findColumns', reader.queryTimeoutMs, reader.schema, async (limit) => {
    const { engine } = await within(limit, reader.open());
    const { arrays } = await engine.collect(statement, readArrays(columns.map(arrayFor)), limit);
    return named(columns, arrays);
  });
}

export function streamColumns(reader: Reader, options: CallOptions): RowStream<Record<string, unknown>> {
  knownOptions(options, STREAM_OPTIONS, 'streamColumns');
  const { columns, statement } = selection(reader, options);
  const make = columns.map(arrayFor);
  return new RowStream({
    options,
    what: 'streamColumns',
    statementMs: reader.queryTimeoutMs,
    async *chunks(limit) {
      const { engine } = await within(limit, reader.open());
      const read = (chunk: OpenChunk): Record<string, unknown>[] => [named(columns, arraysOf(chunk, make))];
      yield* engine.stream(statement, read, limit, reader.call('streamColumns'));
    },
  });
}
