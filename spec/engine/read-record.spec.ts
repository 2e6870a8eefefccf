import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ReadSet, withinContext } from '../../lib/context.js';
import type { Database } from '../../lib/engine/database.js';
import { ReadRecord } from '../../lib/engine/read-record.js';
import { acquireDatabase } from '../../lib/engine/registry.js';
import { resolveOptions } from '../../lib/options.js';
import { EVERYTHING } from '../../lib/sql/statement.js';

async function recorded(
  work: (database: Database) => ReadRecord | undefined,
  reads = new ReadSet(),
): Promise<string[]> {
  const lease = await acquireDatabase(resolveOptions({ path: ':memory:', logger: false }).database);
  try {
    withinContext({ reads }, () => work(lease.database));
    return [...reads.of(lease.database)];
  } finally {
    await lease.release();
  }
}

const statement = (...reads: string[]) => ({ text: '', parameters: [], reads, writes: [] });

describe('what a statement adds to a read set', () => {
  it('are its tables at once where it knows them, and nothing where nobody records', async () => {
    expect(await recorded((database) => ReadRecord.of(database, statement('main.t')))).to.deep.equal(['main.t']);
    const lease = await acquireDatabase(resolveOptions({ path: ':memory:', logger: false }).database);
    expect(ReadRecord.of(lease.database, statement(EVERYTHING))).to.equal(undefined);
    await lease.release();
  });

  it('are the tables that are told, and everything where none are, or it failed', async () => {
    const after = (work: (record: ReadRecord | undefined) => void): Promise<string[]> =>
      recorded((database) => {
        const record = ReadRecord.of(database, statement(EVERYTHING, 'main.t'));
        work(record);
        return record;
      });
    expect(await after((record) => (record?.reader.told(['main.u']), record?.end()))).to.deep.equal([
      'main.t',
      'main.u',
    ]);
    expect(await after((record) => record?.end())).to.deep.equal([EVERYTHING]);
    expect(await after((record) => record?.reader.told(undefined))).to.deep.equal([EVERYTHING]);
    expect(await after((record) => (record?.reader.told(['main.u']), record?.failed()))).to.include(EVERYTHING);
  });
});
