import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  Column, Table, all, and, between, contains, endsWith, eq, gt, gte, has, hasAll, hasAny, ilike, isNotNull, isNull, like, lt,
  lte, ne, noneOf, not, oneOf, or, sql, startsWith, type Generated, type Operator, type Where,
} from '@mysingle/database'; // prettier-ignore

@Table('typed')
class Typed {
  @Column('integer', { primaryKey: true, default: 1 }) id!: Generated<number>;
  @Column('varchar') name!: string;
  @Column('double', { nullable: true }) ratio!: number | null;
  @Column('bigint') big!: bigint;
  @Column('timestamptz') at!: Date;
  @Column('boolean') flag!: boolean;
  @Column('integer[]') tags!: number[];
  method(): string {
    return this.name;
  }
}

/** Compiles, or does not: nothing runs. */
const where = (_condition: Where<Typed>): void => {};

describe('operators', () => {
  it('stand on the columns of their type', () => {
    where({ id: 1, name: 'a', ratio: null, big: 1n, at: new Date(), flag: true, tags: [1] });
    where({
      id: gt(1),
      name: like('a%'),
      ratio: lt(1.5),
      big: gte(1n),
      at: lte(new Date()),
      flag: ne(true),
      tags: has(1),
    });
    where({ id: between(1, 2), name: between('a', 'b'), big: between(1n, 2n), at: between(new Date(), new Date()) });
    where({ id: oneOf([1, 2]), name: noneOf(['a']), big: oneOf([]), at: oneOf([new Date()]), ratio: oneOf([1]) });
    where({ name: and(startsWith('a'), endsWith('b'), not(contains('c'))), id: or(lt(1), gt(2), eq(5)) });
    where({ name: ilike('a'), ratio: isNull(), tags: hasAny([1, 2]) });
    where({ ratio: isNotNull(), tags: hasAll([1]) });
    where({ ratio: eq(null) });
    where(and({ id: 1 }, or({ name: 'a' }, { ratio: null }), not({ flag: true }), sql`1 = 1`, all()));
    where(sql`x`);
    where(all());
    where(not(all()));
    where({});
  });

  it('do not compile on columns of another type', () => {
    // @ts-expect-error a string on a number
    where({ id: '1' });
    // @ts-expect-error a string operator on a number
    where({ id: like('1') });
    // @ts-expect-error a number on a bigint
    where({ big: gt(1) });
    // @ts-expect-error a text on a Date
    where({ at: gt('2024-01-01') });
    // @ts-expect-error a list operator on a number
    where({ id: has(1) });
    // @ts-expect-error an item of another type
    where({ tags: has('1') });
    // @ts-expect-error a scalar on a list
    where({ tags: oneOf([1]) });
    // @ts-expect-error items of another type
    where({ id: oneOf(['1']) });
    // @ts-expect-error bounds of two types
    where({ id: between(1, '2') });
    // @ts-expect-error a boolean has no order
    where({ flag: gt(true) });
    // @ts-expect-error an array where one value is meant
    where({ id: [1, 2] });
    // @ts-expect-error a plain object
    where({ name: { $gt: '' } });
    // @ts-expect-error operators of two types
    where({ id: and(gt(1), like('x')) });
    // @ts-expect-error a string where the condition is meant
    where('id = 1');
  });

  it('take null on nullable columns alone', () => {
    // @ts-expect-error NOT NULL
    where({ name: null });
    // @ts-expect-error NOT NULL
    where({ name: eq(null) });
    // @ts-expect-error NOT NULL
    where({ id: isNull() });
    // @ts-expect-error NOT NULL
    where({ id: isNotNull() });
    // @ts-expect-error null has no order
    where({ ratio: gt(null) });
    // @ts-expect-error undefined is no value
    where({ ratio: undefined });
  });

  it('know the properties, also inside and, or, not', () => {
    // @ts-expect-error unknown
    where({ nope: 1 });
    // @ts-expect-error a method
    where({ method: 'x' });
    // @ts-expect-error unknown inside and
    where(and({ id: 1 }, { nope: 1 }));
    // @ts-expect-error unknown inside or
    where(or({ nope: 1 }, { id: 1 }));
    // @ts-expect-error unknown inside not
    where(not({ nope: 1 }));
    // @ts-expect-error an operator where conditions on several columns are meant
    where(and({ id: 1 }, gt(1)));
  });

  it('carry the type of their column', () => {
    expectTypeOf(gt(1n)).toExtend<Operator<bigint>>();
    expectTypeOf(isNull()).toEqualTypeOf<Operator<null>>();
    expectTypeOf(has('x')).toExtend<Operator<string[]>>();
  });

  it('cannot be changed once made', () => {
    for (const made of [gt(1), and({ id: 1 }), all(), not(gt(1))]) {
      expect(Object.isFrozen(made)).to.equal(true);
      expect(() => Object.assign(made, { kind: 'all' })).to.throw(TypeError);
    }
  });
});
