// Point reads and single inserts through a repository, beside the same SQL through the binding's prepared statements: each on a
// file of its own with the same rows, in rounds that take turns. Not here: the other figures of single rows (point.ts).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BIGINT,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBInstance,
  TIMESTAMPTZ,
  UUID,
  VARCHAR,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBUUIDValue,
  type DuckDBPreparedStatement,
  type DuckDBValue,
} from '@duckdb/node-api';
import { BaseDuckDBManager, Column, Index, Table, now, uuid7, type Generated } from '@mysingle/database';
import { median, type Samples } from './harness.js';

@Table('happy')
class Happy {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') @Index() owner!: string;
  @Column('varchar') symbol!: string;
  @Column('date') day!: Date;
  @Column('double') open!: number;
  @Column('double') close!: number;
  @Column('decimal(18,4)') price!: string;
  @Column('bigint') volume!: bigint;
  @Column('double', { nullable: true }) sharpe!: number | null;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

const [ROWS, ROUNDS, READS, INSERTS] = [20_000, 11, 200, 100] as const;
const COLUMNS = '"id", "owner", "symbol", "day", "open", "close", "price", "volume", "sharpe", "created_at"';
const TYPES = [UUID, VARCHAR, VARCHAR, DATE, DOUBLE, DOUBLE, DECIMAL(18, 4), BIGINT, DOUBLE, TIMESTAMPTZ];

/** Milliseconds for one call, the median of each round. */
export interface HappyPath {
  readonly reads: Samples;
  readonly inserts: Samples;
}

interface Side {
  /** @returns the row */
  read(id: string): Promise<unknown>;
  insert(n: number): Promise<unknown>;
}

const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const uuid = (text: string): DuckDBUUIDValue => DuckDBUUIDValue.fromUint128(BigInt(`0x${text.replaceAll('-', '')}`));

const rowOf = (n: number): Omit<Happy, 'id' | 'createdAt'> => ({
  owner: `owner ${n % 97}`,
  symbol: 'AAPL',
  day: new Date(Date.UTC(2024, 0, 1 + (n % 300))),
  open: n / 3,
  close: n / 7,
  price: '123.4567',
  volume: BigInt(n),
  sharpe: n % 2 === 0 ? null : 1.5,
});

async function made(folder: string, name: string): Promise<BaseDuckDBManager> {
  const db = await BaseDuckDBManager.open({ path: join(folder, name), entities: [Happy], logger: false });
  await db.repository(Happy).insertMany(Array.from({ length: ROWS }, (_row, n) => ({ id: idOf(n), ...rowOf(n) })));
  await db.checkpoint();
  return db;
}

function repositorySide(db: BaseDuckDBManager): Side {
  const repository = db.repository(Happy);
  return { read: (id) => repository.findById(id), insert: (n) => repository.insert(rowOf(n)) };
}

/** What somebody would write who has the binding alone: statements prepared once, values bound by type, one row read. */
async function rawSide(instance: DuckDBInstance, path: string): Promise<Side> {
  const connection = await instance.connect();
  await connection.run(`ATTACH '${path}' AS happy`);
  await connection.run('USE happy');
  const select = await connection.prepare(`SELECT ${COLUMNS} FROM "happy" WHERE "id" = $1 LIMIT 1`);
  const insert = await connection.prepare(
    `INSERT INTO "happy" (${COLUMNS}) VALUES (${TYPES.map((_type, index) => `$${index + 1}`).join(', ')}) RETURNING ${COLUMNS}`,
  );
  const run = async (
    statement: DuckDBPreparedStatement,
    values: DuckDBValue[],
    types: typeof TYPES,
  ): Promise<unknown> => {
    statement.bind(values, types);
    const [row] = await (await statement.run()).getRowObjectsJS();
    return row;
  };
  let inserted = 0;
  return {
    read: (id) => run(select, [uuid(id)], [UUID]),
    insert: (n) => {
      const { owner, symbol, day, open, close, volume, sharpe } = rowOf(n);
      const id = uuid(idOf(1_000_000 + (inserted += 1)));
      const date = new DuckDBDateValue(Math.floor(day.getTime() / 86_400_000));
      const price = new DuckDBDecimalValue(1_234_567n, 18, 4);
      const at = new DuckDBTimestampTZValue(BigInt(Date.now()) * 1000n);
      return run(insert, [id, owner, symbol, date, open, close, price, volume, sharpe, at], TYPES);
    },
  };
}

/** The median of the calls of each side, which take turns: what else the machine does meets both alike. */
async function timed(
  calls: number,
  sides: readonly [Side, Side],
  call: (side: Side, n: number) => Promise<unknown>,
): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let n = 0; n < calls; n += 1) {
    // who is first changes, for caches, clocks and the garbage of the other
    for (const which of n % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const began = performance.now();
      const row = await call(sides[which], n);
      times[which].push(performance.now() - began);
      if ((row ?? null) === null) throw new Error('no row');
    }
  }
  return [median(times[0]), median(times[1])];
}

const bySide = (rounds: readonly [number, number][] = []): Samples => ({
  repository: rounds.map(([repository]) => repository),
  'prepared statement': rounds.map(([, raw]) => raw),
});

export async function happyPath(): Promise<HappyPath> {
  const folder = mkdtempSync(join(tmpdir(), 'mysingle-bench-'));
  await (await made(folder, 'raw.duckdb')).close();
  const db = await made(folder, 'repository.duckdb');
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const sides = [repositorySide(db), await rawSide(instance, join(folder, 'raw.duckdb'))] as const;
    const [reads, inserts]: [number, number][][] = [[], []];
    for (let round = -1; round < ROUNDS; round += 1) {
      const read = await timed(READS, sides, (side, n) => side.read(idOf((n * 7919 + (round + 1) * 31) % ROWS)));
      const insert = await timed(INSERTS, sides, (side, n) => side.insert(n));
      // the first round warms
      if (round < 0) continue;
      reads?.push(read);
      inserts?.push(insert);
    }
    return { reads: bySide(reads), inserts: bySide(inserts) };
  } finally {
    await db.close();
    instance.closeSync();
    rmSync(folder, { recursive: true, force: true });
  }
}
