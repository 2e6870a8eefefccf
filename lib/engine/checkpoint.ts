// The log of a database written into its file. Not here: what DuckDB does of itself.
import { DatabaseError } from '../errors.js';
import type { Engine } from './engine.js';

/** @throws DatabaseError as `BaseDuckDBManager.checkpoint` */
export async function checkpoint(engine: Engine): Promise<void> {
  if (engine.transaction !== undefined)
    throw new DatabaseError('E_CONFIG', 'checkpoint writes what is committed. Call it outside of transaction().');
  const { mode } = engine.database;
  if (mode === 'readonly')
    throw new DatabaseError(
      'E_READ_ONLY',
      'checkpoint: the database is open for reading alone. Open it without readOnly.',
    );
  if (mode === 'memory') return;
  await engine.lend((connection) => connection.run(`CHECKPOINT ${engine.database.alias}`), []);
}
