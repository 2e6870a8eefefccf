import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ERROR_CODES } from '@mysingle/database';
import { isCommitUndone, isStatementUndone } from '../../lib/engine/undone.js';

const CODES = [...ERROR_CODES.keys()];

describe('what a failure leaves behind', () => {
  it('is nothing where the data or the statement was refused, and unknown where DuckDB was stopped or its disk failed', () => {
    const stopped = ['E_ABORTED', 'E_TIMEOUT', 'E_CLOSED', 'E_DISK_FULL', 'E_INVALIDATED', 'E_OUT_OF_MEMORY', 'E_CORRUPT', 'E_UNKNOWN'];
    expect(CODES.filter((code) => stopped.includes(code) && (isCommitUndone(code) || isStatementUndone(code)))).to.deep.equal([]);
    expect(CODES.filter(isCommitUndone)).to.have.members(['E_CONFLICT', 'E_UNIQUE', 'E_FOREIGN_KEY', 'E_NOT_NULL', 'E_CHECK', 'E_TX_ABORTED']);
    // a statement by itself fails before its commit by all that a commit fails with
    expect(CODES.filter((code) => isCommitUndone(code) && !isStatementUndone(code))).to.deep.equal([]);
    expect((['E_QUERY', 'E_CONVERSION'] as const).map(isStatementUndone)).to.deep.equal([true, true]);
    expect((['E_QUERY', 'E_CONVERSION'] as const).map(isCommitUndone)).to.deep.equal([false, false]);
  });
}); // prettier-ignore
