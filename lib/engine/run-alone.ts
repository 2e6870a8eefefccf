// One statement outside any transaction of its caller. Not here: whose session it is.
import type { StatementType } from '@duckdb/node-api';
import type { Limit } from '../limit.js';
import type { Statement } from '../sql/statement.js';
import type { Database } from './database.js';
import type { Result } from './result.js';
import type { Session } from './session.js';

/** Runs a statement; in fallback what it changes is written down in the same commit. */
export function runAlone(
  database: Database,
  session: Session,
  statement: Statement,
  done?: (type: StatementType) => void,
  limit?: Limit,
): Promise<Result> {
  const { fallback } = database;
  // what writes nothing needs no transaction
  if (fallback === undefined || statement.writes.length === 0) return session.run(statement, done, limit);
  return session.runRecorded(statement, done, limit, fallback.journal.record());
}
