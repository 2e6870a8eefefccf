// Many rows: from arrays, columns and feeds; keys that may exist; progress, and how to stop.
import {
  BaseDuckDBManager,
  Column,
  Table,
  all,
  isDatabaseError,
  now,
  oneOf,
  sql,
  type Generated,
} from '@mysingle/database';

@Table('closes')
class Close {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('date', { primaryKey: true, as: 'string' }) day!: string;
  @Column('double') close!: number;
  @Column('double', { nullable: true }) volume!: number | null;
  @Column('timestamptz', { default: now() }) writtenAt!: Generated<Date>;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Close], logger: false });
const closes = db.repository(Close);

// columns: an array for each property, typed arrays as they are; what has a default is left out
const days = Array.from({ length: 5_000 }, (_, i) => new Date(i * 86_400_000).toISOString().slice(0, 10));
const columns = {
  symbol: days.map(() => 'AAPL'),
  day: days,
  close: Float64Array.from(days, (_, i) => 100 + i / 100),
};
console.log('columns:', await closes.insertMany(columns));

// a feed: read as it is written, some thousand rows at a time, so that memory stays bounded
async function* feed(symbol: string, rows: number) {
  for (let i = 0; i < rows; i += 1) yield { symbol, day: days[i] as string, close: i, volume: i * 10 };
}
let told = 0;
console.log('feed:', await closes.insertMany(feed('MSFT', 4_100), { onProgress: (done) => (told = done) }), told);

// keys that exist: an error by default, and nothing is inserted; or they are skipped, or updated
await closes.insertMany(feed('MSFT', 4_101)).catch((error: unknown) => {
  if (isDatabaseError(error, 'E_UNIQUE')) console.log('refused:', error.details['key']);
});
console.log('skipped:', await closes.insertMany(feed('MSFT', 4_101), { onConflict: 'ignore' }), 'was new');
console.log('updated:', await closes.insertMany(feed('MSFT', 10), { onConflict: 'update' }), 'of ten');

// a property that a row leaves out keeps its value in the row that is there, and gets its default in a new one
await closes.upsert({ symbol: 'MSFT', day: '1970-01-02', close: 7 });
const first = await closes.findById({ symbol: 'MSFT', day: '1970-01-02' });
console.log('kept:', first?.close, first?.volume);

// a long load ends by its signal or its timeout, and nothing of it stays
const stop = new AbortController();
await closes
  .insertMany(feed('NVDA', 5_000), { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) })
  .catch((error: unknown) => {
    if (isDatabaseError(error, 'E_ABORTED')) console.log('stopped:', (error.cause as Error).message);
  });
console.log('of NVDA:', await closes.count({ symbol: 'NVDA' }));

// several statements as one: in a transaction, where each sees what those before it have written
await db.transaction(async () => {
  await closes.delete({ symbol: 'AAPL' });
  await closes.insertMany({ symbol: ['AAPL'], day: ['2026-01-02'], close: Float64Array.of(190.5) });
});
console.log('replaced:', await closes.count({ symbol: 'AAPL' }));

// a patch computed from the row, over many rows
console.log('split:', await closes.update({ symbol: oneOf(['AAPL', 'TSLA']) }, { close: sql`close / 2` }));
console.log('emptied:', await closes.delete(all()));
