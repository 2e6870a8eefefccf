// Logs: one JSON object a line, in the shape of the Python module, with the ids of the request on every line under it.
import { BaseDuckDBManager, Column, Table, sql, withContext } from '@mysingle/database';
import { pino } from 'pino';

@Table('events')
class Event {
  @Column('varchar', { primaryKey: true }) id!: string;
}

process.env['SERVICE_NAME'] = 'strategy-service';
process.env['LOG_LEVEL'] = 'info';

// The default logger writes to standard output.
{
  await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Event], slowQuery: '500ms' });
  await withContext({ correlationId: 'c-1', userId: 'u-7' }, async () => {
    await db.storeCacheData('market:AAPL', [{ price: 190.5 }, { price: 191 }]);
    // nested calls add their ids; the value 600 is a parameter, and values are never logged
    await withContext({ requestId: 'r-9' }, () => db.query(sql`select sleep_ms(${600}) as slept`));
  });
}

// Your own logger keeps its format and gets the same fields.
const logger = pino({ base: { app: 'mine' }, level: 'debug' });
{
  await using db = await BaseDuckDBManager.open({ path: ':memory:', logger });
  await withContext({ correlationId: 'c-2' }, () => db.getCacheData('market:MSFT'));
}

// And false is silence.
{
  await using db = await BaseDuckDBManager.open({ path: ':memory:', logger: false });
  console.log('silent, in mode', db.mode);
}
