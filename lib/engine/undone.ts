// Whether a failure leaves nothing behind: what DuckDB was interrupted in, or its disk failed it in, may be committed all the same. Not
// here: telling the clock (pending-commit.ts, transaction.ts).
import type { ErrorCode } from '../errors.js';

/** What COMMIT fails with where it is certain that nothing of it is there. */
const AT_COMMIT: readonly ErrorCode[] = [
  'E_CONFLICT',
  'E_UNIQUE',
  'E_FOREIGN_KEY',
  'E_NOT_NULL',
  'E_CHECK',
  'E_TX_ABORTED',
];
const OF_COMMIT: ReadonlySet<ErrorCode> = new Set(AT_COMMIT);
/** A statement by itself is also refused for what it says, and then comes to no commit. */
const OF_STATEMENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...AT_COMMIT, 'E_QUERY', 'E_CONVERSION', 'E_UNSUPPORTED', 'E_NOT_FOUND', 'E_CONFIG', 'E_PERMISSION', 'E_READ_ONLY', 'E_LOCKED',
]); // prettier-ignore

/** Of a COMMIT that was sent. */
export const isCommitUndone = (code: ErrorCode): boolean => OF_COMMIT.has(code);

/** Of a statement that commits by itself. */
export const isStatementUndone = (code: ErrorCode): boolean => OF_STATEMENT.has(code);
