// The table of the benchmarks: 13 columns with a key, dates, a decimal and JSON; its rows, and the SQL that makes the same rows
// without JavaScript. Not here: who reads and writes it.
import { BaseDuckDBManager, Column, Table, ddlOf, json } from '@mysingle/database';

export interface Trade {
  readonly symbol: string;
  readonly qty: number;
  readonly px: number;
}

@Table('backtests')
export class Backtest {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('varchar') strategyId!: string;
  @Column('varchar') userId!: string;
  @Column('date') startDate!: Date;
  @Column('date') endDate!: Date;
  @Column('double') totalReturn!: number;
  @Column('double', { nullable: true }) sharpeRatio!: number | null;
  @Column('double') maxDrawdown!: number;
  @Column('bigint', { as: 'number' }) tradeCount!: number;
  @Column(json<Trade[]>()) trades!: Trade[];
  @Column('boolean') isLive!: boolean;
  @Column('decimal(18,4)', { as: 'number' }) price!: number;
  @Column('timestamp') createdAt!: Date;
}

export const DDL = ddlOf(Backtest);

/** The columns in order, as a query names them. */
export const COLUMNS =
  'id, strategy_id, user_id, start_date, end_date, total_return, sharpe_ratio, max_drawdown, trade_count, trades, is_live, price, created_at';

const DAY = 86_400_000;
const [STARTS, ENDS, CREATED] = [Date.UTC(2020, 0, 1), Date.UTC(2023, 0, 1), Date.UTC(2024, 0, 1)] as const;

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');

export const idOf = (n: number): string => `${hex(n, 8)}-aaaa-4bbb-8ccc-${hex((n * 2_654_435_761) % 2 ** 48, 12)}`;

/** A row that has its key, and is no instance. */
export type NewRow = { [K in keyof Backtest]: Backtest[K] };

/** Row `n`; `shift` moves the keys alone, so that some of the rows are there already. */
export function rowOf(n: number, shift = 0): NewRow {
  return {
    id: idOf(n + shift),
    strategyId: `strategy-${n % 500}`,
    userId: `user-${n % 5000}`,
    startDate: new Date(STARTS + (n % 1000) * DAY),
    endDate: new Date(ENDS + (n % 1000) * DAY),
    totalReturn: (n % 10_000) / 100,
    sharpeRatio: n % 17 === 0 ? null : (n % 300) / 100,
    // no minus zero, which integers in SQL have not
    maxDrawdown: 0 - (n % 50) / 100,
    tradeCount: n % 1000,
    trades: [
      { symbol: 'AAPL', qty: n % 100, px: 101.25 },
      { symbol: 'MSFT', qty: 7, px: 99.5 },
    ],
    isLive: n % 2 === 0,
    price: (n % 100_000) / 10,
    createdAt: new Date(CREATED + n * 1000),
  };
}

export const rowsOf = (count: number, shift = 0): Backtest[] =>
  Array.from({ length: count }, (_row, n) => rowOf(n, shift));

/** The same rows, made by DuckDB: the limit of every insert, since no value comes from JavaScript. */
export const selectRows = (count: number, shift = 0): string => `SELECT
  lower(lpad(to_hex(i + ${shift}), 8, '0') || '-aaaa-4bbb-8ccc-' || lpad(to_hex((i + ${shift}) * 2654435761 % 281474976710656), 12, '0')) id,
  'strategy-' || (i % 500) strategy_id, 'user-' || (i % 5000) user_id,
  DATE '2020-01-01' + (i % 1000)::INT start_date, DATE '2023-01-01' + (i % 1000)::INT end_date,
  (i % 10000) / 100::DOUBLE total_return, CASE WHEN i % 17 <> 0 THEN (i % 300) / 100::DOUBLE END sharpe_ratio,
  -(i % 50) / 100::DOUBLE max_drawdown, (i % 1000)::BIGINT trade_count,
  '[{"symbol":"AAPL","qty":' || (i % 100) || ',"px":101.25},{"symbol":"MSFT","qty":7,"px":99.5}]' trades,
  i % 2 = 0 is_live, ((i % 100000) / 10)::DECIMAL(18, 4) price, TIMESTAMP '2024-01-01' + to_seconds(i) created_at
  FROM range(${count}) r(i)`;

export const insertRows = (count: number, shift = 0): string =>
  `INSERT INTO backtests (${COLUMNS}) ${selectRows(count, shift)}`;

/** A manager on an empty database in memory, or on one with `count` rows. */
export async function managerWith(count = 0): Promise<BaseDuckDBManager> {
  const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Backtest], logger: false });
  if (count > 0)
    await db.withConnection(async (connection) => void (await connection.run(insertRows(count))), {
      writes: [Backtest],
    });
  return db;
}
