// Conditions against plain JavaScript: what a tree of them finds is what an evaluator of a few lines says, NULLs and all.
import { inspect } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { resolverOf } from '../../lib/sql/select.js';
import { SqlBuilder } from '../../lib/sql/statement.js';
import { whereInto } from '../../lib/sql/where.js';
import { openManager } from '../support/scratch.js';
import { Leaf, trees } from '../support/where-trees.js';

/** CI takes 10,000. */
const [TREES, DEPTH] = [Number(process.env['WHERE_TREES'] ?? 2_000), 5];

describe('conditions', () => {
  it(`agree with plain JavaScript on ${TREES.toLocaleString('en-US')} random trees over NULLs`, async () => {
    const { seed, rows, tree } = trees(Number(process.env['SEED'] ?? Date.now() % 2 ** 31));
    const db = await openManager({ entities: [Leaf] });
    const repository = db.repository(Leaf);
    const stored = rows();
    await repository.insertMany(stored);
    const text = (where: unknown): string =>
      whereInto(new SqlBuilder(), where, resolverOf(schemaOf(Leaf))).reading().text;
    let some = 0;
    for (let round = 0; round < TREES; round += 1) {
      const [where, test] = tree(DEPTH);
      const expected = stored.filter(test).map(({ id }) => id);
      const got = (await repository.find({ where, select: ['id'], orderBy: { id: 'asc' } })).map(({ id }) => id);
      if (got.join() !== expected.join()) {
        const odd = stored.find((row) => got.includes(row.id) !== test(row));
        expect.fail(
          `SEED=${seed}, tree ${round}:${text(where)}: ${got.length} rows, not ${expected.length}; ${inspect(odd)}`,
        );
      }
      if (got.length > 0 && got.length < stored.length) some += 1;
    }
    // a generator of conditions that find all or nothing would prove nothing
    expect(some / TREES, `SEED=${seed}`).to.be.greaterThan(0.5);
    expect(await db.query(sql`select count(*)::int as n from ${Leaf}`)).to.deep.equal([{ n: stored.length }]);
  });
});
