// The log beside a database file, as far as DuckDB does not look at it: it takes a file of any content for an empty log, and
// the commits in the real one are lost. Not here: reading it.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { DatabaseError } from '../errors.js';

/** How every log begins: an entry of the kind "version". */
const START = Buffer.from([0x64, 0x00, 0x62, 0x65, 0x00]);

/**
 * Call it before the database is open here. The log has no lock that reading it could drop.
 *
 * @throws DatabaseError `E_CORRUPT` for a log that is none, and for one whose database is gone
 */
export function refuseForeignLog(path: string): void {
  const log = `${path}.wal`;
  const start = startOf(log);
  // cut off by a crash while it was made, it holds nothing
  if (start === undefined || start.length === 0) return;
  if (!START.subarray(0, start.length).equals(start))
    throw new DatabaseError(
      'E_CORRUPT',
      `${log} is not a log of DuckDB, which would ignore it, and with it the commits that the real one held. Put the real one back, or move it away.`,
      { details: { path: log } },
    );
  if (start.length === START.length && !existsSync(path))
    throw new DatabaseError(
      'E_CORRUPT',
      `${path} is gone, but its log ${log} is there and may hold commits. Put the database back, or move the log away.`,
      { details: { path } },
    );
}

function startOf(log: string): Buffer | undefined {
  try {
    const file = openSync(log, 'r');
    try {
      const start = Buffer.alloc(START.length);
      return start.subarray(0, readSync(file, start, 0, start.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    // none, as usual; or one that DuckDB cannot read either, and says so
    return undefined;
  }
}
