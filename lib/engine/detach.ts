// Taking a database off an instance. Not here: when.
import type { DuckDBConnection } from '@duckdb/node-api';
import { classify } from '../errors.js';

/** It may be off already; and the checkpoint that belongs to it fails where the disk is full, after which it is off all the same. */
export async function detach(connection: DuckDBConnection, alias: string): Promise<void> {
  try {
    await connection.run(`DETACH DATABASE IF EXISTS ${alias}`);
  } catch (error) {
    const failure = classify(error);
    if (!failure.message.startsWith('IO Error: Detached database ')) throw failure;
  }
}
