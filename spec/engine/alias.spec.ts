import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { ALIAS } from '../../lib/engine/alias.js';
import { openManager } from '../support/scratch.js';

describe('the alias', () => {
  it('is the database that every connection uses', async () => {
    const db = await openManager();
    expect(await db.query(sql`select current_database() as name`)).to.deep.equal([{ name: ALIAS }]);
  });
});
