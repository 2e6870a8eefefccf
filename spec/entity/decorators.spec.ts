import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Entity, Index, Table, columnsOf, ddlOf, sequence, sql, type Generated } from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { LEGACY, compiled, run } from '../support/compiled.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

/** One source that compiles in both modes: what must not is marked, and an unneeded mark is an error. */
const TYPED = `
import { Column, Table, enumOf, json, list, map, struct, now, type Generated } from '@mysingle/database';
@Table('typed') export class Typed {
  @Column('bigint') ok!: bigint;
  @Column('bigint', { nullable: true }) none!: bigint | null;
  @Column('bigint', { as: 'number' }) asNumber!: number;
  @Column('uuid', { default: 'x' }) id!: Generated<string>;
  @Column(enumOf('state', ['a', 'b'])) state!: 'a' | 'b';
  @Column(json<{ a: number }>()) data!: { a: number };
  @Column(list('double')) list!: number[];
  @Column('varchar[]') names!: string[];
  @Column(struct({ a: 'integer', b: 'varchar[]' })) struct!: { a: number; b: string[] };
  @Column(map('varchar', 'bigint')) map!: Map<string, bigint>;
  @Column('decimal(18,4)') price!: string;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
  // @ts-expect-error not the property type of a bigint
  @Column('bigint') wrong1!: string;
  // @ts-expect-error nullable, and no null
  @Column('bigint', { nullable: true }) wrong2!: bigint;
  // @ts-expect-error null, and not nullable
  @Column('bigint') wrong3!: bigint | null;
  // @ts-expect-error read as a number
  @Column('bigint', { as: 'number' }) wrong4!: bigint;
  // @ts-expect-error no such variant
  @Column('varchar', { as: 'number' }) wrong5!: number;
  // @ts-expect-error no such value
  @Column(enumOf('s2', ['a'])) wrong6!: 'z';
  // @ts-expect-error not this shape
  @Column(json<{ a: number }>()) wrong7!: { a: string };
  // @ts-expect-error items are numbers
  @Column(list('double')) wrong8!: string[];
  // @ts-expect-error decimals are text
  @Column('decimal(18,4)') wrong9!: number;
  // @ts-expect-error no such type
  @Column('text') wrong10!: string;
  // a union with null, which JSON has too
  @Column(json<{ a: string } | null>(), { default: { a: 'x' } }) right12!: { a: string } | null;
  // @ts-expect-error the default has another shape
  @Column(json<{ a: string } | null>(), { default: { a: 1 } }) wrong12!: { a: string } | null;
  // @ts-expect-error the default is no string
  @Column('varchar', { default: 5 }) wrong11!: string;
  // @ts-expect-error no such option
  @Column('varchar', { primary: true }) wrong12!: string;
  // @ts-expect-error a member of the struct is missing
  @Column(struct({ a: 'integer', b: 'varchar' })) wrong13!: { a: number };
}`;

abstract class Base {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('varchar') @Index() owner!: string;
}

@Table('dogs')
class Dog extends Base {
  @Column() name!: string;
}

@Entity({ name: 'cats', comment: 'mice beware' })
class Cat extends Base {
  @Column() lives!: number;
  // the base's column once more, narrower
  @Column('varchar', { name: 'human' }) declare owner: string;
}

@Table()
class Inferred {
  @Column({ primaryKey: true }) text!: string;
  @Column() number!: number;
  @Column() flag!: boolean;
  @Column() big!: bigint;
  @Column() at!: Date;
  @Column() bytes!: Uint8Array;
  @Column() buffer!: Buffer;
  @Column() literal!: 'a' | 'b';
  @Column({ nullable: true }) optional?: number;
}

describe('decorators', () => {
  describe('of the legacy kind', () => {
    it('infer the type from design:type', () => {
      expect(columnsOf(Inferred).map(({ property, type }) => `${property} ${type.name}`)).to.deep.equal([
        'text varchar', 'number double', 'flag boolean', 'big bigint', 'at timestamptz', 'bytes blob', 'buffer blob',
        'literal varchar', 'optional double',
      ]); // prettier-ignore
      expect(schemaOf(Inferred).table).to.equal('inferred');
    });

    it('take the columns and indexes of an abstract base, for each class its own', async () => {
      expect(ddlOf([Dog, Cat])).to.equal(
        [
          'CREATE SEQUENCE "dogs_id_seq";',
          'CREATE SEQUENCE "cats_id_seq";',
          `CREATE TABLE "dogs" (\n  "id" INTEGER NOT NULL DEFAULT nextval('"dogs_id_seq"'),\n  "owner" VARCHAR NOT NULL,\n  "name" VARCHAR NOT NULL,\n  PRIMARY KEY ("id")\n);`,
          'CREATE INDEX "dogs_owner_idx" ON "dogs" ("owner");',
          `CREATE TABLE "cats" (\n  "id" INTEGER NOT NULL DEFAULT nextval('"cats_id_seq"'),\n  "human" VARCHAR NOT NULL,\n  "lives" DOUBLE NOT NULL,\n  PRIMARY KEY ("id")\n);`,
          'CREATE INDEX "cats_human_idx" ON "cats" ("human");',
          `COMMENT ON TABLE "cats" IS 'mice beware';`,
          '',
        ].join('\n'),
      );
      const db = await openManager({ entities: [Dog, Cat] });
      const dog = await db.repository(Dog).insert({ owner: 'o', name: 'rex' });
      expect(dog).to.be.instanceOf(Dog).and.be.instanceOf(Base);
      expect(Object.assign({}, dog)).to.deep.equal({ id: 1, owner: 'o', name: 'rex' });
      expect((await db.repository(Cat).insert({ owner: 'o', lives: 9 })).id).to.equal(1);
    });

    it('do not make the base an entity, nor a class that only extends one', async () => {
      class Puppy extends Dog {}
      for (const [given, name] of [
        [Base, 'Base'],
        [Puppy, 'Puppy'],
      ] as const) {
        const error = await failure(() => columnsOf(given), 'E_DECLARATION');
        expect(error.message).to.match(new RegExp(`^${name} is not an entity: it has no @Table\\(\\).*not inherited`));
      }
    });

    it('may stand above or below @Table on the class', () => {
      @Index(['b', 'a'], { unique: true })
      @Table('above')
      class Above {
        @Column() a!: string;
        @Column() b!: string;
      }
      @Table('above')
      @Index(['b', 'a'], { unique: true })
      class Below {
        @Column() a!: string;
        @Column() b!: string;
      }
      expect(ddlOf(Above)).to.equal(ddlOf(Below)).and.include('CREATE UNIQUE INDEX "above_b_a_idx"');
    });

    it('may stand in any order on a property', () => {
      @Table('either')
      class Either {
        @Index({ name: 'i1' }) @Column('varchar') a!: string;
        @Column('varchar') @Index({ name: 'i2', unique: true }) b!: string;
      }
      expect(schemaOf(Either).indexes.map(({ name, unique }) => [name, unique])).to.deep.equal([
        ['i1', false],
        ['i2', true],
      ]);
    });
  });

  it('have Entity as another name of Table', () => expect(Entity).to.equal(Table));

  describe('refuse, when the class is defined,', () => {
    const declare =
      (key: string, decorate: unknown, design?: unknown): (() => unknown) =>
      () => {
        class Sample {
          own?: number;
        }
        if (design !== undefined) Reflect.defineMetadata('design:type', design, Sample.prototype, key);
        (decorate as PropertyDecorator)(Sample.prototype, key);
        Table()(Sample);
      };

    it('a type they cannot infer, naming Class.property, the cause and the remedy', async () => {
      const cases: readonly (readonly [unknown, RegExp])[] = [
        [undefined, /emitted no metadata \("emitDecoratorMetadata" is off/],
        [Object, /emitted Object .*Generated<T>, T \| null/],
        [Array, /emitted Array, which no column type stands for/],
        [Function, /emitted Function/],
        [Map, /emitted Map/],
        [Symbol, /emitted Symbol/],
      ];
      for (const [design, cause] of cases) {
        const error = await failure(declare('price', Column(), design), 'E_DECLARATION');
        expect(error.message).to.match(cause);
        expect(error.message).to.match(
          /^Sample\.price: cannot tell the column's type: .*Write it out: @Column\('varchar'\)\.$/,
        );
      }
      const context = { kind: 'field', name: 'price', static: false, private: false, metadata: {} };
      (Column() as (value: undefined, context: unknown) => void)(undefined, context);
      class Standard {
        own?: number;
      }
      const standard = await failure(
        () =>
          (Table() as (target: unknown, context: unknown) => void)(Standard, {
            ...context,
            kind: 'class',
            name: 'Standard',
          }),
        'E_DECLARATION',
      );
      expect(standard.message).to.match(/^Standard\.price: .*standard decorators carry no type information/);
    });

    it('inferred types that the compiler really emits as Object', async () => {
      const generated = await failure(() => {
        @Table()
        class Sample {
          @Column() id!: Generated<string>;
        }
        return Sample;
      }, 'E_DECLARATION');
      expect(generated.message).to.match(/^Sample\.id: .*emitted Object/);
      const nullable = await failure(() => {
        @Table()
        class Sample {
          @Column() id!: string | null;
        }
        return Sample;
      }, 'E_DECLARATION');
      expect(nullable.message).to.match(/^Sample\.id: .*emitted Object/);
    });

    it('decorators where they do not belong', async () => {
      class Sample {
        own?: number;
      }
      const onField = Column('varchar') as (target: unknown, key: unknown) => void;
      const context = { name: 'x', static: false, private: false, metadata: {} };
      const cases: readonly (readonly [() => unknown, RegExp])[] = [
        [() => onField(Sample, 'count'), /^@Column on Sample\.count: a static member/],
        [() => onField(Sample.prototype, Symbol('s')), /^@Column: it decorates a property.*@Column\(\)/],
        [
          () => (Column as unknown as PropertyDecorator)(Sample.prototype, 'x'),
          /^@Column stands there without parentheses/,
        ],
        [() => (Index as unknown as PropertyDecorator)(Sample.prototype, 'x'), /^@Index stands there without/],
        [() => (Table as unknown as ClassDecorator)(Sample), /^@Table stands there without.*@Table\(\)/],
        [() => Table()({} as never), /^@Table: it decorates a class/],
        [() => Index(['a'])({} as never), /^@Index: it decorates a class/],
        [() => onField(undefined, { ...context, kind: 'method' }), /^@Column on x: .*not a method/],
        [() => onField(undefined, { ...context, kind: 'getter' }), /not a getter/],
        [() => onField(undefined, { ...context, kind: 'field', static: true }), /a static member/],
        [() => onField(undefined, { ...context, kind: 'field', private: true }), /a #private member/],
        [
          () => onField(undefined, { ...context, kind: 'field', metadata: undefined }),
          /without decorator metadata.*experimentalDecorators/,
        ],
      ];
      for (const [work, why] of cases) {
        const error = await failure(work, 'E_DECLARATION');
        expect(error.message).to.match(why);
      }
    });
  });

  describe('of the standard kind (TC39)', () => {
    it('make a working entity, with accessors, a base, indexes and getters', async () => {
      const { said, js } = await compiled(
        'standard',
        `import { BaseDuckDBManager, Cached, Column, Entity, Index, Table, columnsOf, ddlOf, gt, now, uuid7, type Generated } from '@mysingle/database';
        abstract class Base {
          @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
        }
        @Cached('5m') @Index(['symbol', 'qty']) @Table('std_trades', { comment: 'x' })
        class Trade extends Base {
          @Column('varchar') @Index() symbol!: string;
          @Column('integer') accessor qty: number = 7;
          @Column('double', { nullable: true }) fee: number | null = null;
          @Column('timestamptz', { default: now() }) at!: Generated<Date>;
          get worth(): number { return this.qty * 2; }
          #secret = 1;
          reveal(): number { return this.#secret; }
        }
        @Entity('std_other') class Other extends Base { @Column('varchar') name!: string; }
        await using db = await BaseDuckDBManager.open({ path: ':memory:', logger: false, entities: [Trade, Other] });
        const trades = db.repository(Trade);
        const one = await trades.insert({ symbol: 'a', qty: 5 });
        await trades.insertMany([{ symbol: 'b', qty: 6, fee: 1.5 }]);
        const found = await trades.find({ where: { qty: gt(0) }, orderBy: { symbol: 'asc' } });
        const [part] = await trades.find({ select: ['symbol', 'qty'], limit: 1, orderBy: { symbol: 'asc' } });
        console.log(JSON.stringify({
          ddl: ddlOf([Trade, Other]), columns: columnsOf(Trade).map((c) => c.property).sort(),
          one: [one instanceof Trade, one.qty, one.worth, one.reveal(), typeof one.id, one.at instanceof Date, one.fee],
          found: found.map((t) => [t.symbol, t.qty, t.fee, t.worth, t.reveal()]), part: [part?.symbol, part?.qty],
        }));`,
      );
      expect(said).to.equal('');
      const { stdout } = await run(process.execPath, [js]);
      const out = JSON.parse(stdout) as { ddl: string } & Record<string, unknown>;
      expect(out['columns']).to.deep.equal(['at', 'fee', 'id', 'qty', 'symbol']);
      expect(out['one']).to.deep.equal([true, 5, 10, 1, 'string', true, null]);
      expect(out['found']).to.deep.equal([
        ['a', 5, null, 10, 1],
        ['b', 6, 1.5, 12, 1],
      ]);
      expect(out['part']).to.deep.equal(['a', 5]);
      expect(out.ddl).to.include('"id" UUID NOT NULL DEFAULT uuidv7()');
      expect(out.ddl).to.include('CREATE INDEX "std_trades_symbol_qty_idx" ON "std_trades" ("symbol", "qty")');
      expect(out.ddl).to.include('CREATE INDEX "std_trades_symbol_idx"');
      // the sibling got the base's columns, not the other class's
      expect(out.ddl).to.match(/CREATE TABLE "std_other" \(\n {2}"id" UUID[^\n]*\n {2}"name" VARCHAR NOT NULL,/);
    });

    it('cannot infer a type, and say so at import', async () => {
      const source = `import { Column, Table } from '@mysingle/database';
        @Table('t') class Sample { @Column() price!: number; }
        console.log(Sample.name);`;
      const { said, js } = await compiled('untyped', source);
      expect(said).to.equal('');
      const error = await run(process.execPath, [js]).then(
        () => 'it ran',
        (failed: unknown) => (failed as { stderr: string }).stderr,
      );
      expect(error).to.include(
        "Sample.price: cannot tell the column's type: standard decorators carry no type information",
      );
    });
  });

  it('check property types at compile time, in both modes', async () => {
    // one after the other: two compilers at a time are more than the machine likes
    expect((await compiled('typed-standard', TYPED)).said).to.equal('');
    expect((await compiled('typed-legacy', TYPED, LEGACY)).said).to.equal('');
    // the marks do bite: without them it fails on each
    const bare = await compiled('typed-bare', TYPED.replaceAll('// @ts-expect-error', '//'));
    const lines = new Set([...bare.said.matchAll(/\((\d+),\d+\): error TS/g)].map((match) => match[1]));
    expect(lines).to.have.property('size', 14);
  });

  it('take names for the table in every form', () => {
    @Table({ name: 'a', schema: 's' })
    class A {
      @Column('integer') id!: number;
    }
    @Table('b', { schema: 's', checks: { positive: sql`id > ${0}` } })
    class B {
      @Column('integer') id!: number;
    }
    expect([schemaOf(A), schemaOf(B)].map(({ schema, table, id }) => [schema, table, id])).to.deep.equal([
      ['s', 'a', 's.a'],
      ['s', 'b', 's.b'],
    ]);
    expect(ddlOf(B)).to.include('CONSTRAINT "positive" CHECK (id > 0)');
  });
});
