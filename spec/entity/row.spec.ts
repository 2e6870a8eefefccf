// Type tests: what rows look like. They are checked by tsc, which compiles this file.
import { describe, it } from 'mocha';
import { expectTypeOf } from 'expect-type';
import { expect } from 'chai';
import type { ColumnKey, Generated, Insert, Selected, Update } from '@mysingle/database';
import type { IsGenerated, Unmarked } from '../../lib/entity/property-type.js';

class Trade {
  id!: Generated<string>;
  at!: Generated<Date>;
  count!: Generated<bigint>;
  symbol!: string;
  side!: 'buy' | 'sell';
  flag!: boolean;
  fee!: number | null;
  note?: string;
  list!: number[];
  data!: { a: number };
  readonly computed!: number;
  get worth(): number {
    return 1;
  }
  total(): number {
    return 2;
  }
}

describe('row types', () => {
  it('make Generated, nullable and read-only properties optional at insert, and leave methods out', () => {
    expectTypeOf<Insert<Trade>>().toEqualTypeOf<{
      symbol: string;
      side: 'buy' | 'sell';
      flag: boolean;
      list: number[] | Float64Array;
      data: { a: number };
      id?: string | undefined;
      at?: Date | undefined;
      count?: bigint | undefined;
      fee?: number | null | undefined;
      note?: string | undefined;
      computed?: number | undefined;
      worth?: number | undefined;
    }>();
    expectTypeOf<ColumnKey<Trade>>().toEqualTypeOf<
      'id' | 'at' | 'count' | 'symbol' | 'side' | 'flag' | 'fee' | 'note' | 'list' | 'data' | 'computed' | 'worth'
    >();
    const row: Insert<Trade> = { symbol: 'a', side: 'buy', flag: true, list: [1], data: { a: 1 } };
    // @ts-expect-error symbol is needed
    const missing: Insert<Trade> = { side: 'buy', flag: true, list: [1], data: { a: 1 } };
    // @ts-expect-error no such side
    const wrong: Insert<Trade> = { ...row, side: 'hold' };
    // @ts-expect-error NOT NULL
    const none: Insert<Trade> = { ...row, symbol: null };
    // @ts-expect-error no such property
    const typo: Insert<Trade> = { ...row, symbl: 'a' };
    // @ts-expect-error a method is no column
    const method: Insert<Trade> = { ...row, total: () => 1 };
    expect([row, missing, wrong, none, typo, method]).to.have.length(6);
  });

  it('make every property of a patch optional, and select those that are named', () => {
    expectTypeOf<Update<Trade>['symbol']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Update<Trade>['id']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Update<Trade>>().not.toHaveProperty('total');
    expectTypeOf<Selected<Trade, 'symbol' | 'fee'>>().toEqualTypeOf<{ symbol: string; fee: number | null }>();
    // @ts-expect-error a number is no symbol
    const patch: Update<Trade> = { symbol: 5 };
    expect(patch).to.have.keys('symbol');
  });

  it('leave Generated an ordinary value to read and to write', () => {
    const trade = new Trade();
    trade.id = 'plain';
    trade.count = 5n;
    expectTypeOf(trade.id.length).toBeNumber();
    expectTypeOf<Unmarked<Generated<Date>>>().toEqualTypeOf<Date>();
    expectTypeOf<Unmarked<Generated<number> | null>>().toEqualTypeOf<number | null>();
    expectTypeOf<IsGenerated<Generated<string>>>().toEqualTypeOf<true>();
    expectTypeOf<IsGenerated<Generated<string> | null>>().toEqualTypeOf<true>();
    expectTypeOf<IsGenerated<string>>().toEqualTypeOf<false>();
  });
});
