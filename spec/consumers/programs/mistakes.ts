import { Column, Table, type Repository, count, sum } from '@mysingle/database';
import { Trade } from './trade.js';

@Table('mistakes')
export class Mistakes {
  // @ts-expect-error a bigint is no string
  @Column('bigint') notText!: string;
  // @ts-expect-error NULL may be in it
  @Column('double', { nullable: true }) notNullable!: number;
  // @ts-expect-error no NULL may be in it
  @Column('double') nullable!: number | null;
  // @ts-expect-error DuckDB has no such type
  @Column('text') noType!: string;
}

export async function queries(trades: Repository<Trade>): Promise<void> {
  const [group] = await trades.aggregate({ groupBy: ['symbol'], select: { n: count(), qty: sum('qty') } });
  const right: { symbol: string; n: number; qty: bigint | null } | undefined = group;
  // @ts-expect-error the sum of bigints is a bigint
  const wrong: number | null | undefined = group?.qty;
  // @ts-expect-error there is no such property
  await trades.find({ where: { nope: 1 } });
  // @ts-expect-error qty is a bigint
  await trades.insert({ id: 1, symbol: 'AAPL', qty: 1, at: new Date() });
  // @ts-expect-error the symbol is missing
  await trades.insert({ id: 1, qty: 1n, at: new Date() });
  // @ts-expect-error only what was selected is there
  (await trades.find({ select: ['id'] })).map(({ symbol }) => symbol);
  void [right, wrong];
}
