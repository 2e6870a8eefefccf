import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Index, Table, ddlOf, enumOf, list, sequence, struct, type EntityClass } from '@mysingle/database';
import { catalogOf } from '../../lib/entity/catalog.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

const state = enumOf('state', ['a', 'b']);

@Table('parents', { schema: 'house' })
class Parent {
  @Column('integer', { primaryKey: true, default: sequence('ids') }) id!: number;
  @Column('varchar', { unique: true }) code!: string;
  @Column(state) state!: 'a' | 'b';
}

@Table('children', { schema: 'house' })
class Child {
  @Column('integer', { primaryKey: true, default: sequence('ids') }) id!: number;
  @Column('integer', { references: () => [Parent, 'id'] }) parentId!: number;
  @Column('varchar', { references: () => [Parent, 'code'] }) parentCode!: string;
  @Column('integer', { nullable: true, references: () => [Child, 'id'] }) elder!: number | null;
  @Column(list(struct({ s: state }))) states!: { s: 'a' | 'b' }[];
}

/** A class made as data. */
function entity(name: string, columns: Readonly<Record<string, readonly unknown[]>>, table: object = {}): EntityClass {
  const made = {
    [name]: class {
      own?: number;
    },
  }[name] as new () => object;
  for (const [property, args] of Object.entries(columns))
    (Column as (...given: unknown[]) => PropertyDecorator)(...args)(made.prototype as object, property);
  Table(table)(made);
  return made;
}

describe('catalog', () => {
  it('puts parents first, and shares enums, sequences and schemas', async () => {
    const catalog = catalogOf([Child, Parent, Child]);
    expect(catalog.tables.map((table) => table.className)).to.deep.equal(['Parent', 'Child']);
    expect(catalog.enums).to.deep.equal([{ name: 'state', values: ['a', 'b'] }]);
    expect(catalog.sequences).to.deep.equal([{ schema: 'house', name: 'ids', bits: 31 }]);
    expect(catalog.schemas).to.deep.equal(['house']);
    const db = await openManager({ entities: [Child, Parent] });
    const parent = await db.repository(Parent).insert({ id: 9, code: 'c', state: 'a' });
    const child = { parentId: parent.id, parentCode: 'c', states: [{ s: 'b' as const }] };
    await db.repository(Child).insert({ id: 1, ...child });
    expect(await db.repository(Child).insert({ id: 2, ...child, elder: 1 })).to.deep.include({
      elder: 1,
      states: [{ s: 'b' }],
    });
    await failure(db.repository(Child).insert({ id: 3, ...child, parentId: 7 }), 'E_FOREIGN_KEY');
  });

  it('names a sequence after table and column, without the quotes that nextval() cannot read', async () => {
    const Odd = entity(
      'Odd',
      { 'a"b': ['bigint', { primaryKey: true, default: sequence() }], c: ['integer'] },
      { name: 'o"t' },
    );
    expect(ddlOf(Odd)).to.include('CREATE SEQUENCE "o_t_a_b_seq"');
    const db = await openManager({ entities: [Odd] });
    expect({ ...(await db.repository(Odd).insert({ c: 1 })) }).to.deep.equal({ 'a"b': 1n, c: 1 });
    await failure(() => sequence('a"b'), 'E_DECLARATION');
  });

  it('refuses what cannot stand together, naming both classes', async () => {
    const id = { id: ['integer', { primaryKey: true }] };
    const to = (target: () => readonly unknown[], type = 'integer'): object => ({ r: [type, { references: target }] });
    const Key = entity('Key', { ...id, n: ['integer'], x: ['integer', { unique: true }] });
    const Pair = entity('Pair', { a: ['integer', { primaryKey: true }], b: ['integer', { primaryKey: true }] });
    const Far = entity('Far', id, { schema: 'far' });
    const A: EntityClass = entity('A', { ...id, ...to(() => [B, 'id']) });
    const B: EntityClass = entity('B', { ...id, ...to(() => [A, 'id']) });
    const from = (target: () => readonly unknown[], type?: string): EntityClass[] => [
      Key,
      Pair,
      Far,
      entity('From', to(target, type) as never),
    ];
    @Index(['id'], { name: 'same' })
    @Table('i1')
    class I1 {
      @Column('integer') id!: number;
    }
    @Index(['id'], { name: 'SAME' })
    @Table('i2')
    class I2 {
      @Column('integer') id!: number;
    }
    const cases: readonly (readonly [readonly unknown[], RegExp])[] = [
      [[entity('One', id, { name: 't' }), entity('Two', id, { name: 'T' })], /^One and Two: both declare the table 't' .*folds case.*Rename one/],
      [[I1, I2], /^I1 and I2: both declare the index 'same'/],
      [[A, B], /^A: its foreign keys form a circle \(A -> B -> A\)/],
      [from(() => [Key, 'nope']), /^From\.r: references Key\.nope, which is no column/],
      [from(() => [Key, 'n']), /neither the primary key nor unique/],
      [from(() => [Pair, 'a']), /neither the primary key nor unique/],
      [from(() => [Key, 'x'], 'bigint'), /^From\.r: is bigint, but Key\.x is integer/],
      [from(() => [Far, 'id']), /another schema/],
      [from(() => [class Plain {
 own?: number;
 }, 'id']), /^Plain is not an entity/],
      [from(() => 'Key' as never), /references gives a pair/],
      [from(() => [Key, 'id']).slice(3), /^From: refers to Key, which is not among the entities\. Add it/],
      [[entity('E1', { e: [enumOf('en', ['a'])] }), entity('E2', { e: [enumOf('en', ['b'])] })], /^E2\.e: the enum 'en' is declared twice/],
      [[class Plain {
 own?: number;
 }], /^Plain is not an entity/],
      ['x' as never, /give an array/],
    ]; // prettier-ignore
    for (const [entities, why] of cases)
      expect((await failure(() => catalogOf(entities as EntityClass[]), 'E_DECLARATION')).message).to.match(why);
  });
});
