import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Column, Table, json, list } from '@mysingle/database';
import { arrayFor, type ColumnArray } from '../../lib/entity/column-array.js';
import { schemaOf } from '../../lib/entity/schema.js';

@Table('column_array')
class Every {
  @Column('tinyint') tiny!: number;
  @Column('uinteger') unsigned!: number;
  @Column('float') float!: number;
  @Column('double') double!: number;
  @Column('bigint', { as: 'number' }) bigNumber!: number;
  @Column('uhugeint', { as: 'number' }) hugeNumber!: number;
  @Column('decimal(9,2)', { as: 'number' }) decimalNumber!: number;
  @Column('bigint') big!: bigint;
  @Column('timestamp', { as: 'bigint' }) micros!: bigint;
  @Column('ubigint') unsignedBig!: bigint;
  @Column('hugeint') huge!: bigint;
  @Column('uhugeint') unsignedHuge!: bigint;
  @Column('decimal(9,2)') decimal!: string;
  @Column('boolean') truth!: boolean;
  @Column('varchar') text!: string;
  @Column('timestamp') at!: Date;
  @Column('date', { as: 'string' }) day!: string;
  @Column(list('double')) curve!: number[];
  @Column(json<number>()) doc!: number;
  @Column('double', { nullable: true }) maybe!: number | null;
  @Column('bigint', { nullable: true }) maybeBig!: bigint | null;
  @Column('bigint', { as: 'number', nullable: true }) maybeNumber!: number | null;
}

describe('arrayFor', () => {
  it('is typed where numbers can be nothing else, and an array elsewhere, of the length asked for', () => {
    const made = schemaOf(Every).columns.map((column) => [column.property, arrayFor(column)] as const);
    for (const [property, make] of made) {
      const array = make(3);
      const kind = ['tiny', 'unsigned', 'float', 'double', 'bigNumber', 'hugeNumber', 'decimalNumber'].includes(
        property,
      )
        ? Float64Array
        : ['big', 'micros'].includes(property)
          ? BigInt64Array
          : property === 'unsignedBig'
            ? BigUint64Array
            : Array;
      expect([array.constructor, array.length, make(0).length, make(3) === array], property).to.deep.equal([kind, 3, 0, false]); // prettier-ignore
    }
  });

  it('is on the type level what it is when it runs', () => {
    expectTypeOf<ColumnArray<number>>().toEqualTypeOf<Float64Array>();
    expectTypeOf<ColumnArray<1 | 2>>().toEqualTypeOf<Float64Array>();
    expectTypeOf<ColumnArray<bigint>>().toEqualTypeOf<BigInt64Array>();
    expectTypeOf<ColumnArray<number | null>>().toEqualTypeOf<(number | null)[]>();
    expectTypeOf<ColumnArray<string>>().toEqualTypeOf<string[]>();
    expectTypeOf<ColumnArray<'a' | 'b'>>().toEqualTypeOf<('a' | 'b')[]>();
    expectTypeOf<ColumnArray<boolean>>().toEqualTypeOf<boolean[]>();
    expectTypeOf<ColumnArray<number | string>>().toEqualTypeOf<(number | string)[]>();
    expectTypeOf<ColumnArray<number[]>>().toEqualTypeOf<number[][]>();
  });
});
