import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql, withContext } from '@mysingle/database';
import { createTestManager, recordLogs } from '@mysingle/database/testing';
import { failure } from '../support/failure.js';

describe('recordLogs', () => {
  it('keeps what the manager logs, from debug on, in the shape of the library', async () => {
    const logs = recordLogs();
    await using db = await createTestManager({ logger: logs.logger });
    expect(logs.lines.map(({ level, event }) => [level, event])).to.deep.equal([
      ['info', 'Connecting to DuckDB'],
      ['info', 'DuckDB connected successfully'],
    ]);
    logs.clear();
    await withContext({ correlationId: 'c-1' }, () => db.storeCacheData('market:AAPL', [1, 2]));
    expect(logs.of('Cache data stored successfully')).to.deep.equal([
      {
        level: 'info', event: 'Cache data stored successfully', cache_key: 'market:AAPL', table_name: 'cache_data', data_count: 2,
        operation: 'store_cache', correlation_id: 'c-1',
      },
    ]); // prettier-ignore
    expect(await db.storeCacheData('k', 1n, { tableName: 'cache_data' })).to.equal(true);
    await db.execute(sql`create view v as select 1 as n`);
    expect(await db.storeCacheData('k', 1, { tableName: 'v' })).to.equal(false);
    expect(logs.of({ from: 'warning' }).map(({ level, event }) => [level, event])).to.deep.equal([
      ['error', 'Failed to create cache table'],
      ['error', 'Failed to store cache data'],
    ]);
    expect(logs.of('no such line')).to.deep.equal([]);
  });

  it('are one for each manager that is given them', async () => {
    const [one, two] = [recordLogs(), recordLogs()];
    await using first = await createTestManager({ logger: one.logger });
    await using second = await createTestManager({ logger: two.logger });
    await failure(first.query(sql`select nothing`));
    expect(second.name).to.equal('default');
    expect([one.of('Query failed').length, two.of('Query failed').length]).to.deep.equal([1, 0]);
  });
});
