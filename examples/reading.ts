// Reading: pages by keyset, related rows, samples, summaries, plans.
import { BaseDuckDBManager, Column, Table, gt, many, one } from '@mysingle/database';

@Table('strategies')
class Strategy {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') name!: string;
  @Column('date', { as: 'string', nullable: true }) retiredOn!: string | null;
}

@Table('fills')
class Fill {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Strategy, 'id'] }) strategyId!: number;
  @Column('varchar') symbol!: string;
  @Column('decimal(18,2)') price!: string;
  @Column('timestamptz') filledAt!: Date;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Strategy, Fill], logger: false });
const strategies = db.repository(Strategy);
const fills = db.repository(Fill);
await strategies.insertMany({ id: [1, 2], name: ['momentum', 'carry'], retiredOn: [null, '2026-02-01'] });
await fills.insertMany(
  ['AAPL', 'MSFT', 'AAPL', 'NVDA', 'MSFT'].map((symbol, index) => ({
    id: index + 1,
    strategyId: index === 3 ? 2 : 1,
    symbol,
    price: `${100 + index}.50`,
    filledAt: new Date(Date.UTC(2026, 2, 2, 14, Math.floor(index / 2))),
  })),
);

// pages: newest first; where two are of one minute, the primary key decides
const newest = { orderBy: { filledAt: 'desc' }, limit: 2 } as const;
const first = await fills.findPage(newest);
const second = await fills.findPage({ ...newest, after: first.next ?? undefined });
// what comes and goes meanwhile moves no other row
await fills.delete({ id: 5 });
const back = await fills.findPage({ ...newest, before: second.previous ?? undefined });
for (const { rows } of [first, second, back])
  console.log(
    'page:',
    rows.map(({ id }) => id),
  );

// related rows, by foreign keys, in one statement: typed as (Strategy & { fills: Pick<Fill, 'symbol' | 'price'>[] })[]
const withFills = await strategies.find({
  orderBy: { id: 'asc' },
  include: { fills: many(Fill, { select: ['symbol', 'price'], orderBy: { filledAt: 'desc', id: 'desc' }, limit: 2 }) },
});
for (const { name, fills: latest } of withFills)
  console.log(name, latest.map(({ symbol, price }) => `${symbol} ${price}`).join(', '));

// the other way round; by: the column, whose type says that there is always one
const nvda = await fills.findOneOrFail({
  where: { symbol: 'NVDA' },
  include: { strategy: one(Strategy, { by: 'strategyId' }) },
});
console.log(nvda.symbol, 'by', nvda.strategy.name, nvda.strategy instanceof Strategy);

// a first look at data
const symbols = await fills.distinct(['symbol'], { orderBy: { symbol: 'asc' } });
console.log('symbols:', symbols.map(({ symbol }) => symbol).join(' '));
console.log('sample:', (await fills.sample({ rows: 3 }, { where: { id: gt(1) }, seed: 42 })).length);
const [price] = await fills.summarize({ select: ['price'] });
console.log(price?.column, price?.type, price?.min, price?.max, price?.nulls);

// NULLs come last in either direction; nulls: 'first' says otherwise
const byEnd = await strategies.find({ orderBy: { retiredOn: { dir: 'desc', nulls: 'last' }, id: 'asc' } });
console.log(byEnd.map(({ name, retiredOn }) => `${name} ${retiredOn ?? 'runs'}`).join(', '));

// how DuckDB runs it; values are a ? in the plan, and nowhere else
const { sql, parameters, plan } = await fills.explain({ where: { symbol: 'AAPL' }, select: ['id'] });
console.log(sql, parameters);
console.log(
  plan
    .split('\n')
    .filter((line) => line.includes('Filters'))
    .join('\n'),
);
