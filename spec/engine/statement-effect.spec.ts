import { StatementType } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { writesOf } from '../../lib/engine/statement-effect.js';
import { EVERYTHING, SEQUENCES, type Statement } from '../../lib/sql/statement.js';

const statement = (text: string, writes: readonly string[]): Statement => ({ text, parameters: [], reads: [], writes });

describe('what a statement did', () => {
  it('is nothing for a query, what it says where it says it, and its table where raw SQL names it', () => {
    const raw = statement('delete from t', [EVERYTHING]);
    expect(writesOf(raw, StatementType.SELECT, 'db')).to.deep.equal([]);
    // what depends on everything alone: no table has changed
    const number = statement("select NextVal ('ids')", [EVERYTHING]);
    expect(writesOf(number, StatementType.SELECT, 'db')).to.deep.equal([SEQUENCES]);
    expect(writesOf(raw, StatementType.DELETE, 'db')).to.deep.equal(['main.t', 'db.t']);
    expect(writesOf(raw, StatementType.DELETE, undefined)).to.deep.equal([EVERYTHING]);
    expect(writesOf(raw, StatementType.DROP, 'db')).to.deep.equal([EVERYTHING]);
    expect(writesOf(statement('delete from t', ['main.u']), StatementType.DELETE, 'db')).to.deep.equal(['main.u']);
  });
});
