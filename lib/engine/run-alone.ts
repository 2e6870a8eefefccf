// One statement outside any transaction of its caller. Not here: whose session it is.
import type { Limit } from '../limit.js';
import type { Statement } from '../sql/statement.js';
import type { Database } from './database.js';
import type { Read } from './result.js';
import type { Reader, Session, Watcher } from './session.js';

/** Runs a statement; in fallback what it changes is written down in the same commit. */
export function runAlone<T extends { readonly rowCount: number }>(
  database: Database,
  session: Session,
  statement: Statement,
  read: Read<T>,
  watcher?: Watcher,
  limit?: Limit,
  reader?: Reader,
): Promise<T> {
  const { fallback } = database;
  // what writes nothing needs no transaction
  if (fallback === undefined || statement.writes.length === 0)
    return session.collect(statement, read, watcher, limit, undefined, reader);
  return session.runRecorded(statement, read, watcher, limit, fallback.journal.record(), reader);
}
