// Type tests: what rows look like. They are checked by tsc, which compiles this file.
import { describe, it } from 'mocha';
import { expectTypeOf } from 'expect-type';
import { expect } from 'chai';
import type {
  As,
  ColumnKey,
  Generated,
  Insert,
  Interval,
  PropertyType,
  Selected,
  UnionValue,
  Update,
} from '@mysingle/database';
import { array, enumOf, json, list, map, struct, union } from '@mysingle/database';
import type { IsGenerated, PropertyTypeAs, Unmarked } from '../../lib/entity/property-type.js';

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

describe('property types', () => {
  it('are those of the contract', () => {
    expectTypeOf<PropertyType<'boolean'>>().toEqualTypeOf<boolean>();
    expectTypeOf<
      PropertyType<'tinyint' | 'smallint' | 'integer' | 'utinyint' | 'usmallint' | 'uinteger'>
    >().toEqualTypeOf<number>();
    expectTypeOf<PropertyType<'bigint' | 'ubigint' | 'hugeint' | 'uhugeint'>>().toEqualTypeOf<bigint>();
    expectTypeOf<PropertyType<'float' | 'double'>>().toEqualTypeOf<number>();
    expectTypeOf<
      PropertyType<'decimal(18,4)' | 'decimal' | 'varchar' | 'uuid' | 'bit' | 'time' | 'timetz' | 'timestamp_ns'>
    >().toEqualTypeOf<string>();
    expectTypeOf<PropertyType<'blob'>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<
      PropertyType<'date' | 'timestamp' | 'timestamp_s' | 'timestamp_ms' | 'timestamptz'>
    >().toEqualTypeOf<Date>();
    expectTypeOf<PropertyType<'interval'>>().toEqualTypeOf<Interval>();
    expectTypeOf<PropertyType<'double[]'>>().toEqualTypeOf<number[]>();
    expectTypeOf<PropertyType<'decimal(9,2)[]'>>().toEqualTypeOf<string[]>();
  });

  it('of built types follow from their parts', () => {
    const types = {
      json: json<{ a: number }>(),
      state: enumOf('row_state', ['a', 'b']),
      list: list(list('bigint')),
      array: array('varchar', 2),
      struct: struct({ a: 'integer', b: list('date') }),
      map: map('varchar', 'bigint'),
      union: union({ n: 'integer', t: 'varchar' }),
    };
    expectTypeOf<PropertyType<typeof types.json>>().toEqualTypeOf<{ a: number }>();
    expectTypeOf<PropertyType<typeof types.state>>().toEqualTypeOf<'a' | 'b'>();
    expectTypeOf<PropertyType<typeof types.list>>().toEqualTypeOf<bigint[][]>();
    expectTypeOf<PropertyType<typeof types.array>>().toEqualTypeOf<string[]>();
    expectTypeOf<PropertyType<typeof types.struct>>().toEqualTypeOf<{ a: number; b: Date[] }>();
    expectTypeOf<PropertyType<typeof types.map>>().toEqualTypeOf<Map<string, bigint>>();
    expectTypeOf<UnionValue<{ n: 'integer'; t: 'varchar' }>>().toEqualTypeOf<
      { readonly tag: 'n'; readonly value: number | null } | { readonly tag: 't'; readonly value: string | null }
    >();
    expect(Object.values(types).every((type) => Object.isFrozen(type))).to.equal(true);
  });

  it('change by their variants', () => {
    expectTypeOf<PropertyTypeAs<'bigint', 'number'>>().toEqualTypeOf<number>();
    expectTypeOf<PropertyTypeAs<'date', 'string'>>().toEqualTypeOf<string>();
    expectTypeOf<PropertyTypeAs<'timestamptz', 'bigint'>>().toEqualTypeOf<bigint>();
    expectTypeOf<PropertyTypeAs<'timestamptz', never>>().toEqualTypeOf<Date>();
    expectTypeOf<As>().toEqualTypeOf<'number' | 'bigint' | 'string'>();
  });
});
