// One statement outside any transaction of its caller. Not here: whose session it is.
import type { StatementType } from '@duckdb/node-api';
import type { Limit } from '../limit.js';
import type { Statement } from '../sql/statement.js';
import type { Database } from './database.js';
import type { Read } from './result.js';
import type { Session } from './session.js';

/** Runs a statement; in fallback what it changes is written down in the same commit. */
export function runAlone<T extends { readonly rowCount: number }>(
  database: Database,
  session: Session,
  statement: Statement,
  read: Read<T>,
  done?: (type: StatementType) => void,
  limit?: Limit,
): Promise<T> {
  const { fallback } = database;
  // what writes nothing needs no transaction
  if (fallback === undefined || statement.writes.length === 0) return session.collect(statement, read, done, limit);
  return session.runRecorded(statement, read, done, limit, fallback.journal.record());
}
