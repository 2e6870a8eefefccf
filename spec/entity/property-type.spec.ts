// Type tests: they are checked by tsc, which compiles this file.
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  Column, Table, array, at, enumOf, has, isNull, json, list, map, struct, union, type As, type Interval, type PropertyType, type UnionValue,
} from '@mysingle/database'; // prettier-ignore
import type { PropertyTypeAs } from '../../lib/entity/property-type.js';
import { openManager } from '../support/scratch.js';

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
    expectTypeOf<PropertyType<'double[]'>>().toEqualTypeOf<(number | null)[]>();
    expectTypeOf<PropertyType<'decimal(9,2)[]'>>().toEqualTypeOf<(string | null)[]>();
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
    expectTypeOf<PropertyType<typeof types.list>>().toEqualTypeOf<((bigint | null)[] | null)[]>();
    expectTypeOf<PropertyType<typeof types.array>>().toEqualTypeOf<(string | null)[]>();
    expectTypeOf<PropertyType<typeof types.struct>>().toEqualTypeOf<{ a: number | null; b: (Date | null)[] | null }>();
    expectTypeOf<PropertyType<typeof types.map>>().toEqualTypeOf<Map<string, bigint | null>>();
    expectTypeOf<UnionValue<{ n: 'integer'; t: 'varchar' }>>().toEqualTypeOf<
      { readonly tag: 'n'; readonly value: number | null } | { readonly tag: 't'; readonly value: string | null }
    >();
    expect(Object.values(types).every((type) => Object.isFrozen(type))).to.equal(true);
  });

  it('may leave out the NULLs inside, or say that there are some', async () => {
    @Table('inside')
    class Inside {
      @Column('integer', { primaryKey: true }) id!: number;
      @Column('varchar[]') none!: string[];
      @Column('varchar[]') some!: (string | null)[];
      @Column(struct({ a: 'integer', b: list('varchar') })) part!: { a: number | null; b: (string | null)[] | null };
      @Column(map('varchar', 'bigint')) counts!: Map<string, bigint | null>;
      // @ts-expect-error another type, NULLs or not
      @Column('varchar[]') wrong!: (number | null)[];
    }
    const rows = (await openManager({ entities: [Inside] })).repository(Inside);
    const row = { id: 1, none: ['a'], some: ['a', null], part: { a: null, b: [null] }, counts: new Map([['x', null]]), wrong: [] };
    expect(await rows.insert(row)).to.deep.equal(Object.assign(new Inside(), row));
    expect(await rows.count({ some: at(1, isNull()), part: at('a', isNull()), counts: at('x', isNull()) })).to.equal(1);
    expect(await rows.count({ some: has('a'), part: at('b', at(0, isNull())) })).to.equal(1);
  }); // prettier-ignore

  it('change by their variants', () => {
    expectTypeOf<PropertyTypeAs<'bigint', 'number'>>().toEqualTypeOf<number>();
    expectTypeOf<PropertyTypeAs<'date', 'string'>>().toEqualTypeOf<string>();
    expectTypeOf<PropertyTypeAs<'timestamptz', 'bigint'>>().toEqualTypeOf<bigint>();
    expectTypeOf<PropertyTypeAs<'timestamptz', never>>().toEqualTypeOf<Date>();
    expectTypeOf<As>().toEqualTypeOf<'number' | 'bigint' | 'string'>();
  });
});
