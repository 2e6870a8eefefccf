import { managerToken, type BaseDuckDBManager } from '@mysingle/database';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const get = async (path: string): Promise<unknown> => (await fetch(`${url}/${path}`)).json();

for (const [id, qty] of [
  [1, '2'],
  [2, '9007199254740993'],
] as const) {
  const body = JSON.stringify({ id, symbol: 'AAPL', qty });
  await fetch(`${url}/trades`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  await get('held/AAPL');
  console.log(JSON.stringify(await get('held/AAPL')));
}
const { status, info } = (await get('health')) as { status: string; info: { database: { status: string } } };
console.log(status, info.database.status);

const db = app.get<BaseDuckDBManager>(managerToken());
await app.close();
console.log(db.health().status);
