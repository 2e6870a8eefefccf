// The three patterns that tests of the Python module use, here: a mock, a database in memory, a temporary file.
import { strict as assert } from 'node:assert';
import { createTestManager, temporaryPath } from '@mysingle/database/testing';
import { MarketManager, Quotes } from './market.js';

// MagicMock(spec=BaseDuckDBManager): any object with the methods that the code under test asks for
const kept: string[] = [];
const mock: Pick<MarketManager, 'quotes' | 'keep'> = {
  quotes: async (symbol) => (symbol === 'AAPL' ? [{ price: 150 }] : null),
  keep: async (symbol) => kept.push(symbol) > 0,
};
const quotes = new Quotes(mock, async () => [{ price: 400 }]);
assert.deepEqual([await quotes.of('AAPL'), await quotes.of('MSFT')], [[{ price: 150 }], [{ price: 400 }]]);
console.log('a mock: kept', kept);

// with MyDataManager(db_path=":memory:") as db: the real thing, which takes some 20 ms
await using db = await createTestManager({ manager: MarketManager });
await db.keep('AAPL', [{ price: 150.25 }]);
console.log('in memory: found', await db.quotes('AAPL'), await db.quotes('TSLA'));

// with tempfile.TemporaryDirectory() as tmpdir: a path that is gone after the test, for code that opens its own manager
using file = temporaryPath();
await using one = await MarketManager.open({ path: file.path, logger: false });
console.log('in a file:', await one.keep('AAPL', [{ price: 150.25 }]));

// where the test need not know the path, and for restarts
await using two = await createTestManager({ manager: MarketManager, path: 'file' });
await two.keep('MSFT', [{ price: 400.5 }]);
await two.close();
await two.connect();
console.log('after a restart: found', await two.quotes('MSFT'));
