// The examples are promises: each runs as a user would run it, and prints exactly this.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Column, Table } from '@mysingle/database';
import type { Attributes, Histogram, Meter, SpanOptions, Tracer } from '@opentelemetry/api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BoundContextManager } from '../examples/telemetry/context-manager.js';
import { instrument } from '../examples/telemetry/instrument.js';
import { openManager, scratchFolder } from './support/scratch.js';

@Table('measured')
class Item {
  @Column('integer', { primaryKey: true }) id!: number;
}

const root = join(import.meta.dirname, '..', '..');
const OWN_ENVIRONMENT = [
  'DUCKDB_PATH',
  'DUCKDB_CURSOR_SECRET',
  'BACKTEST_DB_PATH',
  'MARKET_DB_PATH',
  'LOG_LEVEL',
  'SERVICE_NAME',
  'FORCE_COLOR',
];

/** What a compiled example prints in a folder of its own, without what differs from run to run. */
async function output(
  example: string,
  { args = [], cwd = scratchFolder(), env = {} }: { args?: string[]; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_ENVIRONMENT.includes(name));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(root, 'dist', 'examples', `${example}.js`), ...args],
    { cwd, env: { ...Object.fromEntries(inherited), ...env } },
  );
  expect(stderr, `${example} on standard error`).to.equal('');
  return stdout
    .replace(/ +[\d.]+ (?:ms|s)\b/g, ' <time>')
    .replace(/"timestamp":"[^"]*"/g, '"timestamp":"<time>"')
    .replace(/"(time|duration_ms)":[\d.]+/g, '"$1":"<time>"')
    .trimEnd();
}

const EXPECTED: Readonly<Record<string, string>> = {
  aggregates: `
{ trades: 5, symbols: 2, fees: 3.6 }
{
  symbol: 'MSFT',
  trades: 2,
  open: '410.00',
  close: '415.75',
  mean: 412.875,
  middle: 22.5,
  upper: 23.75,
  spread: 4.065863991822648,
  dearest: 4,
  prices: [ '410.00', '415.75' ]
}
[
  { symbol: 'AAPL', bought: 110, sold: 40, large: 2, value: '190.50' }
]
2025 12 2
2025 all months 2
2026 1 3
2026 all months 3
all years all months 5`,
  'backtest/questions': `
1. Which strategies have the best mean return, with a Sharpe ratio worth showing?
 sma-10-180: 86.2%, Sharpe 0.52, of 4
 sma-10-185: 84.1%, Sharpe 0.51, of 4
 sma-5-190: 83.0%, Sharpe 0.50, of 4
2. How has a user done?
 790 backtests: 103.7%, from -43.1% to 192.9%
3. How are the returns of each user spread?
 alice: 47.7% 106.0% 155.0%, sigma 0.41
 bob: 2.6% 31.9% 62.1%, sigma 0.22
 carol: 34.0% 52.5% 70.4%, sigma 0.14
 dave: -8.0% 6.6% 19.5%, sigma 0.10
4. Which strategy was the best of each user, and what did it risk?
 alice: sma-25-235, 192.9%, fell by 29.5%
 bob: sma-40-220, 83.3%, fell by 10.1%
 carol: sma-20-170, 90.7%, fell by 26.7%
 dave: sma-20-55, 44.0%, fell by 12.8%
5. What share of backtests made money, by user and in total?
 alice: 99.2%
 bob: 92.2%
 carol: 100.0%
 dave: 72.7%
 all: 91.0%
6. Which backtests began with a trade that won more than a fifth?
 alice, sma-45-245: 175.7%
 alice, sma-45-250: 175.1%
7. How many are outright bad: great falls, or a loss in spite of all?
 5
8. Who shows the second page of a leader board?
 sma-25-240 of alice, sma-30-225 of alice, sma-40-250 of alice
9. What were the busiest weeks of the market?
 2008-09-15: 1133.500000 to 1265.119995, busiest on 2008-09-18
 2008-10-06: 839.799988 to 1097.560059, busiest on 2008-10-10
10. On which days did the market move most, and from where?
 2020-03-12: 2741.379883 to 2480.639893
 2020-03-16: 2711.020020 to 2386.129883
11. How does each user rank the windows that all of them tested?
 alice sma-25-235, bob sma-40-220, carol sma-20-170, dave sma-20-55
12. Is a low price of the market a good time to begin? In SQL, where that is the better word.
 correlation of the return with the first close: -0.46`,
  'containers/awilix': `
1
42
closed`,
  'containers/inversify': `
1
closed`,
  'containers/plain': `
[
  { symbol: 'AAPL', trades: 1, profit: 12.5 },
  { symbol: 'MSFT', trades: 1, profit: -3 }
]
2
[]
closed`,
  'containers/tsyringe': `
1
42
closed`,
  'time-series': `
Weeks out of days
2020-02-24 3257.61 3259.81 2855.84 2954.22 31535270000n 1 days up
2020-03-02 2974.28 3136.72 2901.54 2972.37 29895510000n 3 days up
2020-03-09 2863.89 2882.59 2478.86 2711.02 40521170000n 2 days up
2020-03-16 2508.59 2562.98 2280.52 2304.92 41887220000n 2 days up
Every day, also those without trade
2020-04-08 1 2749.98
2020-04-09 1 2789.82
2020-04-10 0 2789.82
2020-04-11 0 2789.82
2020-04-12 0 2789.82
2020-04-13 1 2761.63
2020-04-14 1 2846.06
2020-04-15 0 2846.06
Quarters, years and all of it
2018 Q3 63 2940.91
2018 Q4 63 2939.86
2018    126 2940.91
2019 Q1 61 2860.31
2019 Q2 63 2964.15
2019    124 2964.15
all 250 2964.15
The latest price of each share
AAPL 2010-03-01 223.02
AMZN 2010-03-01 128.82
GOOG 2010-03-01 560.19
IBM 2010-03-01 125.55
MSFT 2010-03-01 28.80
Each price with the last trading day of the index, if that was no more than two days before
2000-01-01 100.52 no trade
2000-02-01 92.11 2000-02-01 1409.28
2000-03-01 106.11 2000-03-01 1379.19
2000-04-01 99.95 2000-03-31 1498.58
2000-05-01 96.31 2000-05-01 1468.25
Changes from month to month beside a moving average
AAPL 2010-01-01 192.06 -8.9% 201.40
AAPL 2010-02-01 204.62 6.5% 202.47
AAPL 2010-03-01 223.02 9.0% 206.57
The two highest months of each of two shares
1 AAPL 2010-03-01 223.02
2 AAPL 2009-12-01 210.73
1 AMZN 2009-11-01 135.91
2 AMZN 2009-12-01 134.52`,
  'testing/patterns': `
a mock: kept [ 'MSFT' ]
in memory: found [ { price: 150.25 } ] null
in a file: true
after a restart: found [ { price: 400.5 } ]`,
  'testing/kit': `
[
  Strategy { id: 1, name: 'momentum' },
  Strategy { id: 2, name: 'name-2' }
]
{ strategyId: 1, totalReturn: 1 } { strategyId: 1, totalReturn: -0.5 }
[ 0.03, 0.04 ]
true 2026-03-02T09:30:00.000Z
asked within the ttl: 1
asked after it: 2
waiting to be written: 0
first test has 2 runs, and makes strategy 3
second test has 2 runs, and makes strategy 3
again: 3
1.085
1.085
[
  {
    level: 'warning',
    tier: 'store',
    error: 'the store failed',
    error_type: 'Error',
    event: 'Cache tier failed'
  }
]
info quotes:AAPL 2
Run.strategyId refers to Strategy.id. Say which row is meant: { strategyId: ... }.`,
  reading: `
page: [ 5, 3 ]
page: [ 4, 1 ]
page: [ 3 ]
momentum AAPL 102.50, MSFT 101.50
carry NVDA 103.50
NVDA by carry true
symbols: AAPL MSFT NVDA
sample: 3
price DECIMAL(18,2) 100.50 103.50 0
carry 2026-02-01, momentum runs
SELECT "id" FROM "fills" WHERE "symbol" = $1 [ 'VARCHAR' ]
  Filters: symbol=?`,
  locked: `
fallback degraded
updated for now: 1
seen for now: [ 'today', 'yesterday' ]
file ok { conflicts: 1 }
its key stayed: true
yesterday 11.00
today 20.00
kept as refused: E_UNIQUE`,
  documents: `
true true 2030
[ 1152921504606846976n ]
[
  {
    stored: '{"until":"2030-01-01T00:00:00.000Z","maxLots":"1152921504606846976"}'
  }
]
$2b$10$... {
  id: 1,
  limits: { until: '2030-01-01T00:00:00.000Z', maxLots: '1152921504606846976' },
  history: [
    {
      until: '2030-01-01T00:00:00.000Z',
      maxLots: '1152921504606846976'
    }
  ]
}
true Hello Alice, no token 1970-01-01T00:00:00.000Z
true Hello Alice, no token 1970-01-01T00:00:00.000Z
true false`,
  files: `
imported: 4
known already: 0
refused: row 2 closePrice
german: 1 deleted: 1
exported: 4
in folders: 4
[
  QuoteFile {
    symbol: 'AAPL',
    tradeDate: '2024-01-02',
    closePrice: '185.6400'
  },
  QuoteFile {
    symbol: 'AAPL',
    tradeDate: '2024-01-03',
    closePrice: '184.2500'
  }
]
[
  { symbol: 'AAPL', days: 2, mean: 184.945 },
  { symbol: 'MSFT', days: 2, mean: 370.735 }
]
[
  { symbol: 'AAPL', top: '185.6400' },
  { symbol: 'MSFT', top: '370.8700' }
]`,
  'cache-by-hand': `
{ name: 'Ada', badge: 'gold' }
{ name: 'Ada L.', badge: 'gold' }
{ name: 'Ada L.', badge: 'platinum' }
Map(1) { 'EUR' => 1085n }
hit fresh memory [ 'fx' ]
miss written [ 'tag:fx' ]
not today
100
[ { key: 'limit', tags: [], hits: 1n } ]
{ user: 'u1' } [ { key: 'web:s1' } ]`,
  cache: `
load mean 295
hit  mean 295
load AAPL Instrument { symbol: 'AAPL', sector: 'tech' }
hit  AAPL Instrument { symbol: 'AAPL', sector: 'tech' }
in the transaction that wrote: 300
load mean, after its commit 300
hit  AAPL, of another table Instrument { symbol: 'AAPL', sector: 'tech' }
load answer { at: 1970-01-01T00:00:00.000Z, big: 42n }
hit  mean, after a restart 300
hit  AAPL, after a restart Instrument { symbol: 'AAPL', sector: 'tech' }`,
  conditions: `
symbol and price       2 3
cheap or dear          3 4
either                 1 3
all but                2 3
pattern                2
whatever the case      2 4
as it is               2 3
ne                     1 2 4
noneOf                 1 4
not                    1 3 4
has                    1 2
has any                2 4
last item              2
member                 2 4
key of a map           2
path                   2
sql                    2`,
  errors: `
booked taken
{ code: 'E_CONVERSION', retryable: false, row: 1, property: 'amount' }
Row 1: Order.amount (decimal(18,2)) holds 2 decimal places, got more.
orders: 1`,
  bulk: `
columns: 5000
feed: 4100 4100
refused: symbol: MSFT, day: 1970-01-01
skipped: 1 was new
updated: 10 of ten
kept: 7 10
stopped: enough
of NVDA: 0
replaced: 1
split: 1
emptied: 4102`,
  transactional: `
left: 70
E_CHECK
orders: 1 sent: [ 1 ]
left: 30 sent: 1 3 4 5 6
[ 'E_CONFLICT', true ]
{ orders: 5, held: 30 }
E_TIMEOUT`,
  types: `
Numbers {
  id: 1,
  yes: true,
  small: 127,
  big: 4611686018427387904n,
  count: 5,
  ratio: -0,
  price: '12.5000',
  fee: 0.25
}
Times {
  day: 2026-01-02T00:00:00.000Z,
  settles: '2026-01-06',
  at: 2026-01-02T14:30:00.000Z,
  micros: 1767364200000001n,
  exact: '2026-01-02 14:30:00.000001+00',
  opens: '09:30:00',
  period: { months: 1, days: 0, micros: 0n }
}
36 1n 3 {
  text: 'öäü',
  note: null,
  side: 'buy',
  doc: { tags: [ 'live' ] },
  equity: [ 100, 101.5 ],
  direction: [ 0, 0.5, 1 ],
  names: [ 'a', null ],
  route: { venue: 'XNAS', fee: 0.1 },
  weights: Map(1) { 'AAPL' => 60 },
  setting: { tag: 't', value: 'dark' }
}
Numbers.small (tinyint) holds -128 to 127, got an integer outside.
Numbers.small (tinyint) expects an integer, got a fraction.
Numbers.price (decimal(18,4)) holds 4 decimal places, got more.
Numbers.fee (decimal(9,2)) holds 2 decimal places, got more.
Numbers.big (bigint) holds -9223372036854775808 to 9223372036854775807, got an integer outside.
Column "count", row 0: the value is beyond the integers a number holds exactly; read it as a bigint.
day DATE, settles DATE, at TIMESTAMP WITH TIME ZONE, micros TIMESTAMP WITH TIME ZONE, exact TIMESTAMP WITH TIME ZONE, opens TIME, period INTERVAL`,
  migrate: `
t1 190.5000 XNAS filled
t2 410.2500 null filled
[ { index_name: 'trades_price_idx' } ]
moved: 2
1 of 190.5`,
  inherit: `
CREATE SCHEMA "risk";
CREATE TABLE "risk"."books" (
  "id" UUID NOT NULL DEFAULT uuidv7(),
  "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  "name" VARCHAR NOT NULL,
  "ccy" VARCHAR NOT NULL DEFAULT 'USD',
  PRIMARY KEY ("id"),
  UNIQUE ("name")
);
COMMENT ON TABLE "risk"."books" IS 'where positions are held';
COMMENT ON COLUMN "risk"."books"."ccy" IS 'ISO 4217';
CREATE TABLE "risk"."risk_limit" (
  "id" UUID NOT NULL DEFAULT uuidv7(),
  "createdAt" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  "bookId" UUID NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "lowLimit" DOUBLE NOT NULL DEFAULT (-1e6),
  "highLimit" DOUBLE NOT NULL CHECK ("highLimit" > 0),
  "width" DOUBLE GENERATED ALWAYS AS ("highLimit" - "lowLimit") VIRTUAL,
  PRIMARY KEY ("id"),
  FOREIGN KEY ("bookId") REFERENCES "risk"."books" ("id"),
  CONSTRAINT "sane" CHECK ("lowLimit" < "highLimit")
);
CREATE UNIQUE INDEX "one_limit_per_symbol" ON "risk"."risk_limit" ("bookId", "symbol");

an inferred type that says nothing: Note.text: cannot tell the column's type: the compiler emitted Object for the property, as it does for Generated<T>, T | null, other unions, interfaces, and types it infers from an initializer. Write it out: @Column('varchar').
a nullable key: Note.text: a primary key is never NULL. Drop nullable: true.
a default of another kind: Note.text: default uuid7() does not fit integer: a UUID goes into uuid or varchar.`,
  trouble: `
TypeError: Do not know how to serialize a BigInt
{"id":"1152921504606846976","day":"2026-01-02T00:00:00.000Z"}
{"ratio":null}
E_CONVERSION: Fill.day (date) expects a Date at UTC midnight, got one with a time of day.
fresh
miss written [ 'main.fills' ]
E_CACHE_UNBOUND: @Cached Loose.answer: no property is a manager or repository, and 2 managers are open. Say which: @Cached({ ttl, using: (self) => self.db }).
inside, it is the same connection: true
E_TIMEOUT: No connection became free within <time>: all 1 are lent. Look for a transaction that waits for something outside, or a stream that is not read on, or raise pool: { size, acquireTimeout }.
{ size: 1, busy: 0, waiting: 0 } ok
PERFECT_HASH_GROUP_BY`,
  declare: `
CREATE TYPE "side" AS ENUM ('buy', 'sell');
CREATE SEQUENCE "account_id_seq";
CREATE TABLE "account" (
  "id" BIGINT NOT NULL DEFAULT nextval('"account_id_seq"'),
  "name" VARCHAR NOT NULL,
  PRIMARY KEY ("id"),
  UNIQUE ("name")
);
COMMENT ON TABLE "account" IS 'accounts that strategies trade on';
CREATE TABLE "orders" (
  "id" UUID NOT NULL DEFAULT uuidv7(),
  "account_id" BIGINT NOT NULL,
  "quantity" INTEGER NOT NULL,
  "price" DECIMAL(18,4) NOT NULL,
  "value" DECIMAL(18,4) GENERATED ALWAYS AS (quantity * price) VIRTUAL,
  "side" "side" NOT NULL,
  "fills" DOUBLE[] NOT NULL,
  "route" STRUCT("venue" VARCHAR, "fee" DOUBLE) NOT NULL,
  "note" JSON,
  "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  PRIMARY KEY ("id"),
  FOREIGN KEY ("account_id") REFERENCES "account" ("id"),
  CONSTRAINT "sane" CHECK (quantity > 0 and price > 0)
);
CREATE INDEX "orders_account_id_created_at_idx" ON "orders" ("account_id", "created_at");

id -> id UUID NOT NULL
accountId -> account_id BIGINT NOT NULL
quantity -> quantity INTEGER NOT NULL
E_DECLARATION: Position.prices: DuckDB cannot index list(double). Drop it from @Index.`,
  inject: `
@InjectRepository(Trade): no manager is open. Connect it before the first use.
one manager is open, so it is meant: [ Trade { id: 't1', profit: 12.5 } ]
archived: 2
by its token: 2 true`,
  logs: `
{"level":"info","timestamp":"<time>","service":"strategy-service","db_path":":memory:","operation":"connect","event":"Connecting to DuckDB"}
{"level":"info","timestamp":"<time>","service":"strategy-service","created":["table \\"events\\""],"operation":"create_table","event":"Schema objects created"}
{"level":"info","timestamp":"<time>","service":"strategy-service","db_path":":memory:","status":"success","operation":"connect","mode":"memory","event":"DuckDB connected successfully"}
{"level":"info","timestamp":"<time>","service":"strategy-service","cache_key":"market:AAPL","table_name":"cache_data","data_count":2,"operation":"store_cache","correlation_id":"c-1","user_id":"u-7","event":"Cache data stored successfully"}
{"level":"warning","timestamp":"<time>","service":"strategy-service","sql":"select sleep_ms($1) as slept","duration_ms":"<time>","operation":"query","row_count":1,"correlation_id":"c-1","user_id":"u-7","request_id":"r-9","event":"Slow query"}
{"level":"info","timestamp":"<time>","service":"strategy-service","db_path":":memory:","operation":"close","event":"DuckDB connection closed"}
{"level":30,"time":"<time>","app":"mine","db_path":":memory:","operation":"connect","msg":"Connecting to DuckDB"}
{"level":30,"time":"<time>","app":"mine","db_path":":memory:","status":"success","operation":"connect","mode":"memory","msg":"DuckDB connected successfully"}
{"level":20,"time":"<time>","app":"mine","sql":"SELECT table_name, column_name || ' ' || data_type, table_oid IN (SELECT table_oid FROM duckdb_tables() WHERE database_name = current_database()) FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'main' AND lower(table_name) = lower($1) ORDER BY column_index","duration_ms":"<time>","operation":"query","row_count":0,"correlation_id":"c-2","msg":"Query executed"}
{"level":20,"time":"<time>","app":"mine","cache_key":"market:MSFT","table_name":"cache_data","ttl_hours":24,"reason":"no_table","correlation_id":"c-2","msg":"Cache data not found or expired"}
{"level":30,"time":"<time>","app":"mine","db_path":":memory:","operation":"close","msg":"DuckDB connection closed"}
silent, in mode memory`,
  'python-module': `
rows changed: 1 1
ticks: [
  { symbol: 'AAPL', price: '150.2500' },
  { symbol: 'MSFT', price: '400.5000' }
]
stored: true
found: 2 not found: null
stored: false
E_CONFIG Table "ticks" is no cache table
json: {"symbol":"AAPL","quantity":100,"big":"18446744073709551616","executedAt":"1970-01-01T00:00:00.000Z","tags":["a"]}
raw: [ [ '2' ] ]`,
  query: `
before three: 3
or: 3
not XNAS: [
  Quote { symbol: 'AAPL', venue: null },
  Quote { symbol: 'MSFT', venue: 'ARCX' }
]
[
  {
    symbol: 'AAPL',
    hour: 2026-03-02T14:00:00.000Z,
    quotes: 2,
    mean: 190.875,
    high: 191.25,
    venueOfHigh: null
  }
]
AAPL [ 0.5, 1.25, -1 ]
MSFT [ 212, 215.5 ]`,
  'quick-start': `
36 true
[ BacktestResult { strategyId: 'momentum', totalReturn: 0.12 } ]
[ { strategyId: 'momentum', runs: 1, avgReturn: 0.12 } ]
[ { strategyId: 'carry', runs: 3, avgReturn: 0.31 } ]`,
  'record-queries': `
at once: 3
4 queries ran, and 1 was expected:
  1 x find Strategy: SELECT "id" FROM "strategies"
  3 x find Trade: SELECT "id", "strategy_id" FROM "trades" WHERE "strategy_id" = $1
One statement ran more than once: where that is for each row of another, ask for all of them at once, by include or oneOf.
findById Trade 2 2
insert Trade 1 1`,
  'schema-drift': `
The database differs from the entity classes:
  - table "trades": column "price" is DOUBLE in the database and DECIMAL(18,4) in the class
  - table "trades": column "venue" is nullable in the database and NOT NULL in the class
  - table "trades": column "order_id" VARCHAR is not in the database
  - table "trades": UNIQUE(order_id) is not in the database
Nothing was changed. Change the classes or the tables so that they agree, or open with schema: 'off' to look at the data as it is.
rows: 1
[ { table_name: 'trades', index_name: 'trades_venue_idx' } ]`,
  sql: `
[ { symbol: 'AAPL', value: '5725.00' } ]
dearest: 2
changed: 2
listed: 2 0
found: 1 3
above 3000: 1
sorted: 2 3 1
last: { id: 3 }
odd: 25000
[ { symbol: 'AAPL', qty: 32 } ]
Invalid Input Error: Cannot prepare multiple statements at once. One statement for each call; several belong in transaction(). Of a PIVOT that does not say its values DuckDB makes several: list them, as in pivot t on x in ('a', 'b') using count(*).
Parameter Not Allowed Error: Parameter not supported in ORDER BY clause. A value is no name: write \${column(Entity, 'property')} for a column, or sql.raw(text) for text that no user can reach.
sql: $1 in the text would be bound to some other value. Write the value itself in its place: \${value}.
What is temporary or prepared is on one connection of the pool alone: the next call may not see it. Make it and use it inside transaction(), or in withConnection.`,
  telemetry: `
slowest: find of main.trades
cache: { miss: 1, store: 1, 'hit in memory': 2 }
POST /orders
  transaction
    exists main.trades SELECT EXISTS (SELECT 1 FROM "trades" WHERE "id" = $1)
    insert main.trades INSERT INTO "trades" ("id", "symbol") VALUES ($1, $2) RETURNING "id", "symbol"
  load Desk.held
    count main.trades SELECT count(*) FROM "trades" WHERE "symbol" = $1
  insert main.trades INSERT INTO "trades" ("id", "symbol") VALUES ($1, $2) RETURNING "id", "symbol" E_UNIQUE a unique or primary key exists already
db.client.operation.duration exists 1
db.client.operation.duration insert 1
db.client.operation.duration count 1
db.client.operation.duration insert E_UNIQUE 1
db.client.connection.wait_time 2
mysingle.cache.lookups miss 1
mysingle.cache.lookups hit memory 1`,
  transactions: `
after a commit:              alice 70.00, bob 130.00, carol 100.00
E_CHECK
after a rollback:            alice 70.00, bob 130.00, carol 100.00
E_TX_ABORTED
after a failure in silence:  alice 70.00, bob 130.00, carol 100.00
after ten at once:           alice 80.00, bob 130.00, carol 90.00
each ran at least once: true`,
  validation: `
a good row: stored
a bad one: E_VALIDATION User: name must be longer than or equal to 3 characters.
one of many: E_VALIDATION Row 1: User: email must be an email.
a patch: E_VALIDATION User: risk is a share, from 0 to 1.
what nobody said: stored
a row of a request: E_VALIDATION User has no column 'admin'. Columns: name, email, risk.
stored: [ 'alice', 'dave' ]
form: name { isLength: 'name must be longer than or equal to 3 characters' }
form: email { isEmail: 'email must be an email' }
form: risk { max: 'risk is a share, from 0 to 1' }
a market order: stored
a limit order: E_VALIDATION Order: price must be a positive number.
its price alone: stored
its price as a limit: E_VALIDATION Order: price must be a positive number.
a leg: E_VALIDATION Order: legs.0.qty: qty must be a positive number.
drafted: stored
submitted: E_VALIDATION Order: approvedBy should not be null or undefined.
a name that is taken: E_VALIDATION Signup: the name is taken.
unchecked: 1
unchecked: 1`,
  write: `
inserted: AAPL 10 0.00 true
from a feed: 3
ignored: 0
upserted: 2
apple: [ Holding { quantity: 10, cost: '3.00' } ]
updated: 4
deleted: 1
E_UNIQUE: Holding: Duplicate key "symbol: AAPL" violates primary key constraint. Update the row that is there (upsert, onConflict), or use another key.
E_CHECK: Holding: CHECK constraint failed on table holdings with expression CHECK((quantity >= 0)). Mend the value, or the check in the class.
E_CONVERSION: Row 1: Holding.quantity (integer) expects an integer, got a fraction.
E_CONVERSION: Holding.cost (decimal(18,2)) holds 2 decimal places, got more.
E_QUERY: delete on Holding: the condition is empty. To delete every row, write all().
left: 4 deleted: 4`,
};

/** What the backtest prints, where `count` results of alice are there at first, and `answer` is what the cache says first. */
const backtest = (
  found: string,
  answers: string,
  count: number,
): string => `S&P 500: 5,105 trading days, 2000-01-03 to 2020-04-17
${found}

The same questions twice, by methods that are @Cached
${answers}

Top strategies by mean return, of those with a mean Sharpe ratio above 0.5
  strategy    backtests  return  Sharpe
  ----------  ---------  ------  ------
  sma-10-180          4  +86.2%    0.52
  sma-10-185          4  +84.1%    0.51
  sma-5-190           4  +83.0%    0.50
  sma-10-190          4  +82.1%    0.50
  sma-10-175          4  +81.4%    0.51

Alice, who tests 2000-01-03 to 2020-04-17 (no costs, no interest)
  backtests     mean     best   worst  Sharpe  buy and hold
  ---------  -------  -------  ------  ------  ------------
        ${count}  +103.7%  +192.9%  -43.1%    0.34        +97.5%

Alice tests one more: the write ends the answers it changes
  stored sma-42-107, +87.1% in 24 trades
  statistics('alice')   miss <time>
  topStrategies(5)      miss <time>
  her backtests: ${count} before, ${count + 1} now

Next
  try                                to see
  ---------------------------------  -----------------------------------------------------
  npm run example                    the cache survive the restart
  npm run example -- --fresh         all backtests run anew
  duckdb data/backtests.duckdb       the data, in the DuckDB shell: from backtest_results;
  node dist/examples/quick-start.js  the library in 30 lines; more examples beside it
  cat data/backtests.log             what was logged`;

const GRID = `3,160 backtests (790 crossovers, 4 users) run and stored,
with 46,495 trades, in <time>`;

const ASKED = `  topStrategies(5)      miss <time>
  topStrategies(5)      hit <time>
  statistics('alice')   miss <time>
  statistics('alice')   hit <time>`;

const SURVIVED = `  topStrategies(5)      hit <time>  kept in the file by the last run
  topStrategies(5)      hit <time>
  statistics('alice')   hit <time>
  statistics('alice')   hit <time>`;

/** What examples of a folder import beside what all do. */
const MORE: Readonly<Record<string, RegExp>> = {
  'nest-service':
    /^(?:@mysingle\/database\/nestjs|@nestjs\/(?:common|core|terminus)|class-transformer|\.\.\/backtest\/[a-z-]+\.js)$/,
  containers: /^(?:tsyringe|inversify|awilix)$/,
  telemetry: /^(?:@opentelemetry\/[a-z-]+|\.\/telemetry\/[a-z-]+\.js)$/,
  testing: /^(?:mocha|chai)$/,
};

describe('the examples', () => {
  it('are all run here', () => {
    const entries = readdirSync(join(root, 'examples'), { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => basename(entry.name, '.ts'));
    expect(files.toSorted()).to.deep.equal(
      Object.keys(EXPECTED)
        .filter((name) => !name.includes('/'))
        .toSorted(),
    );
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    // the service is run in spec/journeys/nest-service.spec.ts
    expect(folders.toSorted()).to.deep.equal(['backtest', ...Object.keys(MORE)].toSorted());
    const containers = readdirSync(join(root, 'examples', 'containers')).map(
      (file) => `containers/${basename(file, '.ts')}`,
    );
    expect(Object.keys(EXPECTED)).to.include.members(containers);
  });

  it('make a metric of what is worth one: not of how many share a statement, and steps of the library are known as such', async () => {
    const recorded: (readonly [string, Attributes | undefined])[] = [];
    const started: (readonly [string, Attributes | undefined])[] = [];
    const histogram = (name: string): { record: Histogram['record'] } => ({
      record: (_value, attributes) => void recorded.push([name, attributes]),
    });
    const meter = { createHistogram: histogram, createCounter: () => ({ add: () => {} }) } as unknown as Meter;
    const span = { setAttributes: () => span, setStatus: () => span, end: () => {} };
    const tracer = {
      startSpan: (name: string, options?: SpanOptions) => {
        started.push([name, options?.attributes]);
        return span;
      },
    } as unknown as Tracer;
    const db = await openManager({ entities: [Item] });
    const stop = instrument({ tracer, meter, contexts: new BoundContextManager() });
    await Promise.all([1, 2].map((id) => db.repository(Item).findById(id)));
    await db.storeCacheData('k', 1);
    stop();
    const find = ([, attributes]: (typeof recorded)[number]): boolean =>
      attributes?.['db.operation.name'] === 'findById';
    expect(recorded.filter(find).map(([, attributes]) => attributes?.['db.operation.batch.size'])).to.deep.equal([undefined]); // prettier-ignore
    expect(started.filter(find).map(([, attributes]) => attributes?.['db.operation.batch.size'])).to.deep.equal([2]);
    const internal = (wanted: boolean): string[] =>
      started.filter(([, attributes]) => (attributes?.['mysingle.internal'] === true) === wanted).map(([, attributes]) => String(attributes?.['db.query.text'])); // prettier-ignore
    expect(internal(true).some((text) => text.startsWith('CREATE TABLE'))).to.equal(true);
    expect(internal(false).some((text) => text.startsWith('CREATE'))).to.equal(false);
    expect(internal(false).some((text) => text.startsWith('INSERT'))).to.equal(true);
  });

  it('import nothing but the library as users know it, and what they have anyway', () => {
    const allowed =
      /^(?:@mysingle\/database(?:\/testing)?|node:[a-z/_]+|pino|class-transformer|class-validator|keyv|\.\/[a-z-]+\.js)$/;
    const files = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' });
    const wrong = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        [...readFileSync(join(root, 'examples', file), 'utf8').matchAll(/^(?:import|\}).* from '([^']+)'/gm)]
          .map((match) => match[1] as string)
          .filter(
            (target) => !allowed.test(target) && MORE[file.replace(/(?:[\\/].*|\.ts)$/, '')]?.test(target) !== true,
          )
          .map((target) => `${file}: ${target}`),
      );
    expect(wrong).to.deep.equal([]);
  });

  for (const [example, expected] of Object.entries(EXPECTED)) {
    it(`${example} prints what it promises`, async () => {
      const printed = await output(example);
      // two loggers write to one standard output, each in its order
      const lines = printed
        .split('\n')
        .toSorted((a, b) => Number(b.includes('"service"')) - Number(a.includes('"service"')));
      expect(`\n${example === 'logs' ? lines.join('\n') : printed}`).to.equal(expected);
    });
  }

  it('backtest runs its grid once, and its cache survives the restart', async () => {
    const cwd = scratchFolder();
    expect(await output('backtest/main', { cwd })).to.equal(backtest(GRID, ASKED, 790));
    expect(await output('backtest/main', { cwd })).to.equal(
      backtest('3,161 backtests are there from an earlier run', SURVIVED, 791),
    );
    expect(readdirSync(join(cwd, 'data')).toSorted()).to.deep.equal(['backtests.duckdb', 'backtests.log']);
    const log = readFileSync(join(cwd, 'data', 'backtests.log'), 'utf8')
      .trim()
      .split('\n');
    const messages = log.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages.filter((message) => message === 'DuckDB connected successfully')).to.have.length(2);

    // the same file by its path from elsewhere, and all of it anew
    const env = { BACKTEST_DB_PATH: join(cwd, 'data', 'backtests.duckdb') };
    const fresh = await output('backtest/main', { args: ['--fresh'], env });
    const [start] = backtest(GRID, ASKED, 790).split('\nNext');
    expect(fresh.split('\nNext')[0]).to.equal(start);
  });
});

describe('the example of a test file', () => {
  it('is run by mocha, and passes', async () => {
    const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const file = join(root, 'dist', 'examples', 'testing', 'ranking.spec.js');
    const args = [mocha, '--no-config', '--timeout', '60000', '--reporter', 'json', file];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root });
    const { stats, tests } = JSON.parse(stdout) as { stats: object; tests: readonly { title: string }[] };
    // and nothing was left open
    expect(stderr).to.equal('');
    expect(stats).to.include({ passes: 3, failures: 0, pending: 0 });
    expect(tests.map(({ title }) => title)).to.include('begins where the other test began');
  });
});

describe('the quick start', () => {
  const quickStart = readFileSync(join(root, 'examples', 'quick-start.ts'), 'utf8');
  const readme = join(root, 'README.md');

  it('has 30 lines at most', () => {
    expect(quickStart.trimEnd().split('\n').length).to.be.at.most(30);
  });

  it('stands in README.md word for word', function () {
    if (!existsSync(readme)) {
      if (this.test !== undefined) this.test.title += ' (not checked: there is no README.md yet)';
      this.skip();
    }
    const blocks = [...readFileSync(readme, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
    expect(blocks).to.include(quickStart);
  });
});
