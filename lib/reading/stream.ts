// Rows as a loop asks for them. Not here: the loop's side (row-stream.ts), DuckDB's (engine/stream.ts).
import { rowsOf } from '../engine/result.js';
import { CALL_OPTIONS, within, type CallOptions } from '../limit.js';
import { RowStream } from '../row-stream.js';
import { knownOptions } from '../sql/select.js';
import { found } from './find.js';
import type { Reader } from './reader.js';

export const STREAM_OPTIONS = ['where', 'select', 'orderBy', 'offset', 'limit', ...CALL_OPTIONS];

export function stream(reader: Reader, options: CallOptions): RowStream<object> {
  knownOptions(options, [...STREAM_OPTIONS, 'include'], 'stream');
  const { statement, hydrate } = found(reader, options);
  return new RowStream({
    options,
    what: 'stream',
    statementMs: reader.queryTimeoutMs,
    async *chunks(limit) {
      const { engine } = await within(limit, reader.open());
      yield* engine.stream(statement, (chunk) => rowsOf(chunk, hydrate), limit, reader.call('stream'));
    },
  });
}
