// Locked: another process holds the file. Work goes on beside it, and all of it is in the database when the file is free.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseDuckDBManager, Column, Table, sequence, sql, type Generated } from '@mysingle/database';

@Table('orders')
class Order {
  @Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
  @Column('varchar', { unique: true }) reference!: string;
  @Column('decimal(18,2)') amount!: string;
}

const folder = mkdtempSync(join(tmpdir(), 'mysingle-example-'));
const options = { path: join(folder, 'orders.duckdb'), entities: [Order], logger: false as const };
try {
  {
    await using db = await BaseDuckDBManager.open(options);
    await db.repository(Order).insert({ reference: 'yesterday', amount: '10.00' });
  }

  // a notebook, say, that has the file open
  const notebook = spawn(
    process.execPath,
    [
      '-e',
      `const { DuckDBInstance } = require('@duckdb/node-api');
       DuckDBInstance.create(process.argv[1]).then((instance) => { globalThis.instance = instance; console.log('open'); setInterval(() => {}, 1000); });`,
      options.path,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname },
  );
  await once(notebook.stdout, 'data');

  await using db = await BaseDuckDBManager.open(options);
  const orders = db.repository(Order);
  console.log(db.mode, db.health().status);
  const order = await orders.insert({ reference: 'today', amount: '20.00' });
  await orders.insert({ reference: 'yesterday', amount: '99.00' });
  console.log('updated for now:', await orders.update({ reference: 'yesterday' }, { amount: sql`amount + 1` }));
  console.log(
    'seen for now:',
    (await orders.find({ orderBy: { id: 'asc' } })).map(({ reference }) => reference),
  );

  notebook.kill();
  while (db.mode !== 'file') await sleep(20);
  console.log(db.mode, db.health().status, { conflicts: db.health().conflicts });
  console.log('its key stayed:', (await orders.findOneOrFail({ where: { reference: 'today' } })).id === order.id);
  const rows = await orders.find({ select: ['reference', 'amount'], orderBy: { id: 'asc' } });
  for (const { reference, amount } of rows) console.log(reference, amount);
  const [conflict] = await db.query<{ code: string }>(sql`select code from mysingle_conflicts`);
  console.log('kept as refused:', conflict?.code);
} finally {
  rmSync(folder, { recursive: true });
}
