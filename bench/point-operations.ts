// Point operations: findById and insert of one caller and of 64 that loop, in memory and on a file, beside what DuckDB takes to
// execute the same prepared statement. Run by itself: node dist/bench/point-operations.js [rows]. Asserts nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, UUID, DuckDBUUIDValue, type DuckDBPreparedStatement } from '@duckdb/node-api';
import { BaseDuckDBManager, Column, Table, ddlOf, now, sql, uuid4, type Generated } from '@mysingle/database';

@Table('point')
class Point {
  @Column('uuid', { primaryKey: true, default: uuid4() }) id!: Generated<string>;
  @Column('varchar') owner!: string;
  @Column('varchar') symbol!: string;
  @Column('date') day!: Date;
  @Column('double') open!: number;
  @Column('double') close!: number;
  @Column('decimal(18,4)') price!: string;
  @Column('bigint') volume!: bigint;
  @Column('double', { nullable: true }) sharpe!: number | null;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

const ROWS = Number(process.argv[2] ?? 1_000_000);
const [CALLERS, ROUNDS, MS] = [64, 5, 500] as const;
const COLUMNS = '"id", "owner", "symbol", "day", "open", "close", "price", "volume", "sharpe", "created_at"';
const FILL = `INSERT INTO point SELECT md5(range::varchar)::uuid, 'owner ' || range % 97, 'AAPL', date '2024-01-01' + (range % 300)::integer,
  range / 3, range / 7, 123.4567, range, if(range % 2 = 0, null, 1.5), now() FROM range(${ROWS})`;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const rowOf = (n: number): Omit<Point, 'id' | 'createdAt'> => ({
  owner: `owner ${n % 97}`,
  symbol: 'AAPL',
  day: new Date(Date.UTC(2024, 0, 1 + (n % 300))),
  open: n / 3,
  close: n / 7,
  price: '123.4567',
  volume: BigInt(n),
  sharpe: n % 2 === 0 ? null : 1.5,
});

/** Calls per second of so many callers, each of which calls again when it has its answer. */
async function rate(callers: number, call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let calls = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() - began < MS) {
      if (((await call()) ?? null) === null) throw new Error('no row');
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, loop));
  return (calls * 1000) / (performance.now() - began);
}

/** Bind and run: nothing is read. */
async function prepared(instance: DuckDBInstance): Promise<DuckDBPreparedStatement> {
  const connection = await instance.connect();
  await connection.run('USE point_raw');
  return connection.prepare(`SELECT ${COLUMNS} FROM "point" WHERE "id" = $1 LIMIT 1`);
}

async function measure(where: 'memory' | 'file', folder: string): Promise<void> {
  const path = where === 'memory' ? ':memory:' : join(folder, 'point.duckdb');
  const db = await BaseDuckDBManager.open({ path, entities: [Point], logger: false });
  const fill = Object.assign([FILL], { raw: [FILL] });
  await db.execute(sql(fill));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`ATTACH '${where === 'memory' ? ':memory:' : join(folder, 'raw.duckdb')}' AS point_raw`);
  await connection.run('USE point_raw');
  for (const text of [ddlOf(Point), FILL]) await connection.run(text);
  if (where === 'file') {
    await db.checkpoint();
    await connection.run('CHECKPOINT point_raw');
  }
  const ids = (await db.query<{ id: string }>(sql`select id from ${Point} using sample 20000 rows`)).map(
    ({ id }) => id,
  );
  const some = (): string => ids[Math.floor(Math.random() * ids.length)] as string;
  const bare = await prepared(instance);
  const points = db.repository(Point);
  let n = 0;
  const cases: Readonly<Record<string, () => Promise<number>>> = {
    'execute-only, one after another': () =>
      rate(1, () => {
        bare.bind([DuckDBUUIDValue.fromUint128(BigInt(`0x${some().replaceAll('-', '')}`))], [UUID]);
        return bare.run();
      }),
    'findById, one after another': () => rate(1, () => points.findById(some())),
    [`findById, ${CALLERS} callers`]: () => rate(CALLERS, () => points.findById(some())),
    'insert, one after another': () => rate(1, () => points.insert(rowOf((n += 1)))),
    [`insert, ${CALLERS} callers`]: () => rate(CALLERS, () => points.insert(rowOf((n += 1)))),
  };
  const rates: Record<string, number[]> = {};
  for (let round = -1; round < ROUNDS; round += 1)
    for (const [name, run] of Object.entries(cases)) {
      const value = await run();
      if (round >= 0) (rates[name] ??= []).push(value);
    }
  console.log(`\n${where}, ${ROWS} rows, medians of ${ROUNDS} rounds that take turns [min .. max]`);
  for (const [name, values] of Object.entries(rates))
    console.log(
      `  ${name.padEnd(34)} ${median(values).toFixed(0).padStart(7)}/s  [${Math.min(...values).toFixed(0)} .. ${Math.max(...values).toFixed(0)}]`,
    );
  const ratio = (name: string, one: string, other: string): void => {
    const each = (rates[one] ?? []).map((value, round) => value / (rates[other]?.[round] ?? Number.NaN));
    console.log(
      `  ${name.padEnd(34)} ${median(each).toFixed(2)}x  [${Math.min(...each).toFixed(2)} .. ${Math.max(...each).toFixed(2)}]`,
    );
  };
  ratio('findById takes', 'execute-only, one after another', 'findById, one after another');
  ratio(`findById, ${CALLERS} against one`, `findById, ${CALLERS} callers`, 'findById, one after another');
  ratio(`insert, ${CALLERS} against one`, `insert, ${CALLERS} callers`, 'insert, one after another');
  await db.close();
  instance.closeSync();
}

const folder = mkdtempSync(join(tmpdir(), 'mysingle-bench-'));
try {
  await measure('memory', folder);
  await measure('file', folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
