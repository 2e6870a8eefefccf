// DDL that makes one object, and what stands for it in a side file. Not here: which objects (schema/plan.ts).
import type { DuckDBConnection } from '@duckdb/node-api';
import type { FarStart, Journal, Recording } from './journal.js';

export interface Definition {
  readonly text: string;
  /** the DDL for a side file, where it is another: keys begin elsewhere there, and the rows that others refer to are not there */
  readonly beside?: (farStart: FarStart) => string;
}

/** Makes objects that are missing; in fallback what is written down makes them in the database too, where they are missing. */
export async function define(
  connection: DuckDBConnection,
  definitions: readonly Definition[],
  fallback: { readonly journal: Journal; readonly recording: Recording } | undefined,
): Promise<void> {
  if (fallback === undefined) {
    // as one text, in half the time of one after another; the semicolon on a line of its own, for one may end in a comment
    await connection.run(definitions.map(({ text }) => text).join('\n;\n'));
    return;
  }
  for (const { text, beside } of definitions) {
    await connection.run(beside?.(fallback.journal.farStart) ?? text);
    await fallback.recording.ensure(connection, text);
  }
}
