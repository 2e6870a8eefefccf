import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsDecimal,
  IsDefined,
  IsEmail,
  IsIn,
  IsNotEmpty,
  IsNumberString,
  IsOptional,
  Length,
  Max,
  Min,
  MinDate,
  MinLength,
  Validate,
  ValidateIf,
  ValidateNested,
  ValidatorConstraint,
  registerDecorator,
  useContainer,
  type ValidationArguments,
} from 'class-validator';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  BaseDuckDBManager,
  Column,
  DatabaseError,
  Table,
  json,
  map,
  sql,
  struct,
  type Generated,
  type Repository,
} from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { rulesOf } from '../../lib/entity/rules.js';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

class Address {
  @Length(2, 2) country!: string;
}

abstract class Ruled {
  @Column('varchar') @IsEmail() email!: string;
}

@Table('people')
class Person extends Ruled {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { default: 5 }) @Min(3, { message: 'age is too small' }) age!: Generated<number>;
  @Column('varchar', { nullable: true }) @IsOptional() @Length(1, 3) nick!: string | null;
  @Column(json<Address>(), { nullable: true })
  @ValidateNested()
  @Type(() => Address)
  @IsOptional()
  home!: Address | null;
}

@Table('free')
class Free {
  @Column('integer') id!: number;
}

describe('the rules of an entity', () => {
  const good = { id: 1, email: 'a@b.co' };

  it('knows which classes have rules, inherited ones too', () => {
    expect([Person, Free].map((type) => rulesOf(schemaOf(type), {}) !== undefined)).to.deep.equal([true, false]);
  });

  it('refuses rows and patches that break a rule, with entity, property, rules and row, and not the value', async () => {
    const db = await openManager({ entities: [Person] });
    const people = db.repository(Person);
    const one = await failure(people.insert({ ...good, email: 's3cr3t' }), 'E_VALIDATION');
    expect(one.message).to.equal('Person: email must be an email.');
    expect(one.details).to.deep.equal({
      entity: 'Person',
      property: 'email',
      rules: ['isEmail'],
      problems: [{ property: 'email', constraints: { isEmail: 'email must be an email' } }],
    });
    const many = await failure(people.insertMany([good, { id: 2, email: 'a@b.co', age: 1 }]), 'E_VALIDATION');
    expect(many.message).to.equal('Row 1: Person: age is too small.');
    expect(many.details).to.include({ row: 1, property: 'age' });
    await failure(people.upsert({ ...good, nick: 'long' }), 'E_VALIDATION');
    expect(await people.count()).to.equal(0);
    await people.insert(good);
    await failure(people.update({ id: 1 }, { age: 2 }), 'E_VALIDATION');
    const nested = Object.assign(new Address(), { country: 'long' });
    const inner = await failure(people.insert({ ...good, id: 3, home: nested }), 'E_VALIDATION');
    expect(inner.details).to.include({ property: 'home.country' });
  });

  it('leaves alone what a row or a patch does not set, and what the database computes', async () => {
    const db = await openManager({ entities: [Person] });
    const people = db.repository(Person);
    expect(await people.insert(good)).to.include({ age: 5, nick: null });
    expect(await people.update({ id: 1 }, { nick: 'abc' })).to.equal(1);
    expect(await people.update({ id: 1 }, { age: sql`age + ${1}`, nick: null })).to.equal(1);
    expect(await people.findById(1)).to.include({ age: 6, nick: null });
  });
});

@Table('ruled_orders')
class Order {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { default: 'market' }) @IsDefined() @IsIn(['market', 'limit']) kind!: Generated<string>;
  @Column('decimal(18,4)', { nullable: true })
  @ValidateIf((order: Order) => order.kind === 'limit')
  @IsDecimal()
  @IsNumberString()
  @MinLength(3, { message: 'price must be given to the cent, got $value', context: { code: 'P1' } })
  price!: string | null;
  @Column('varchar', { nullable: true }) @IsDefined() owner!: string | null;
  @Column('timestamptz', { nullable: true }) @IsOptional() @MinDate(new Date(0)) at!: Date | null;
  @Column('bigint', { nullable: true }) @IsOptional() @IsIn([1n, 2n]) lots!: bigint | null;
  @Column('integer[]', { nullable: true }) @IsOptional() @ArrayMaxSize(2) @Min(1, { each: true }) legs!:
    number[] | null;
}

const order = { id: 1, owner: 'o' };
const opened = async <E extends object>(entity: new () => E, options = {}): Promise<Repository<E>> =>
  (await openManager({ entities: [entity], ...options })).repository(entity);

describe('an error of rules', () => {
  it('tells every property that breaks one, with its rules, messages and contexts, and says $value without the value', async () => {
    const orders = await opened(Order);
    const bad = { ...order, kind: 'limit', price: 's3', at: new Date(-5), legs: [0, 1, 2] };
    const { message, details } = await failure(orders.insertMany([order, bad]), 'E_VALIDATION');
    expect(message).to.match(
      /^Row 1: Order: price must be given to the cent, got \(value\); price must be a number string; price is not a valid decimal number\.; minimal allowed date for at is [^;]+; each value in legs must not be less than 1; legs must contain no more than 2 elements\.$/,
    );
    expect(details).to.deep.include({ entity: 'Order', row: 1, property: 'price', rules: ['minLength', 'isNumberString', 'isDecimal'] }); // prettier-ignore
    const { problems } = details as { problems: { property: string; constraints: object; contexts?: object }[] };
    expect(problems.map(({ property, constraints }) => [property, Object.keys(constraints).toSorted()])).to.deep.equal([
      ['price', ['isDecimal', 'isNumberString', 'minLength']],
      ['at', ['minDate']],
      ['legs', ['arrayMaxSize', 'min']],
    ]);
    expect(problems[0]?.contexts).to.deep.equal({ minLength: { code: 'P1' } });
    expect(JSON.stringify([message, details])).to.not.include('s3');
    expect(await orders.count()).to.equal(0);
  });

  it('keeps values out of messages that functions and validators make, too, and of a message that then cannot be made', async () => {
    @ValidatorConstraint({ name: 'mine' })
    class Mine {
      validate(): boolean {
        return false;
      }
      defaultMessage({ value, object }: ValidationArguments): string {
        return `mine: ${value} of ${JSON.stringify(object)} ${JSON.stringify([value])}`;
      }
    }
    @Table('secretive')
    class Secretive {
      @Column('varchar') @MinLength(99, { message: ({ value, property }) => `${property} is ${value}, ${value.length} long` }) a!: string; // prettier-ignore
      @Column('varchar') @Validate(Mine) b!: string;
      @Column('double') @Max(0, { message: ({ value }) => value.toFixed(2) }) c!: number;
      @Column('double') @Max(0, { message: '$value is more than $constraint1' }) d!: number;
      @Column('varchar[]') @MinLength(99, { each: true, message: ({ value }) => String(value) }) e!: string[];
      @Column('varchar') @IsIn(['x'], { message: '' }) f!: string;
    }
    const rows = await opened(Secretive);
    const row = { a: 's3cr3t', b: 's3cr3t', c: 31337, d: 31337, e: ['s3cr3t'], f: 's3cr3t' };
    const { message, details } = await failure(rows.insert(row), 'E_VALIDATION');
    expect(message).to.equal(
      'Secretive: a is (value), 6 long; mine: (value) of {} ["(value)"]; c breaks the rule max; (value) is more than 0; (value); f must be one of the following values: x.',
    );
    expect(JSON.stringify(details)).to.not.match(/s3cr3t|31337/);
  });

  it('does not grow with what is wrong inside a value', async () => {
    class Item {
      @Min(1) n!: number;
    }
    @Table('item_lists')
    class Lists {
      @Column(json<Item[]>()) @ValidateNested() @Type(() => Item) items!: Item[];
    }
    const lists = await opened(Lists);
    const { message, details } = await failure(lists.insert({ items: Array.from({ length: 500 }, () => ({ n: 0 })) }), 'E_VALIDATION'); // prettier-ignore
    expect(message).to.match(/^Lists: items\.0\.n: n must not be less than 1; .*; and 490 more\.$/);
    expect((details as { problems: unknown[] }).problems).to.have.lengthOf(100);
  });
});

describe('what a row leaves out', () => {
  it('is not looked at where its column fills it, and @IsDefined asks for all else', async () => {
    const orders = await opened(Order);
    expect(await orders.insert(order)).to.include({ kind: 'market', price: null });
    const missing = await failure(orders.insert({ id: 2 }), 'E_VALIDATION');
    expect(missing.details)
      .to.include({ property: 'owner' })
      .and.deep.include({ rules: ['isDefined'] });
    await failure(orders.insert({ ...order, id: 2, kind: undefined, owner: null }), 'E_VALIDATION');
  });

  it('is not looked at in a patch, whatever its rules; conditions see no more than the patch', async () => {
    const orders = await opened(Order);
    await orders.insert({ ...order, kind: 'limit', price: '12.5000' });
    expect(await orders.update({ id: 1 }, { lots: 1n })).to.equal(1);
    // the condition looks at kind, which the patch does not say
    expect(await orders.update({ id: 1 }, { price: '1' })).to.equal(1);
    await failure(orders.update({ id: 1 }, { price: '1', kind: 'limit' }), 'E_VALIDATION');
    expect(await orders.update({ id: 1 }, { owner: sql`upper(owner)`, kind: sql`'limit'` })).to.equal(1);
    const nulled = await failure(orders.update({ id: 1 }, { owner: null }), 'E_VALIDATION');
    expect(nulled.details).to.deep.include({ property: 'owner', rules: ['isDefined'] });
  });

  it('fails inside of a document, where nothing fills it, and plain objects count as instances there', async () => {
    const people = await opened(Person);
    const person = { id: 1, email: 'a@b.co' };
    for (const home of [{}, { country: 'long' }, new Address()])
      for (const write of [
        () => people.insert({ ...person, home: home as Address }),
        () => people.insertMany([{ ...person, home: home as Address }]),
        () =>
          people.insertMany(
            Object.assign(new Person(), person, { home }) && [Object.assign(new Person(), person, { home })],
          ),
      ]) {
        // prettier-ignore
        const { details } = await failure(write(), 'E_VALIDATION');
        expect(details).to.deep.include({ property: 'home.country', rules: ['isLength'] });
      }
    const stored = await people.insert({ ...person, home: { country: 'DE' } });
    expect(stored.home)
      .to.be.instanceOf(Address)
      .and.deep.equal(Object.assign(new Address(), { country: 'DE' }));
    const patched = await failure(people.update({ id: 1 }, { home: { country: 'x' } }), 'E_VALIDATION');
    expect(patched.details).to.include({ property: 'home.country' });
  });
});

describe('rules and writes', () => {
  const given = Array.from({ length: 5000 }, (_each, id) => ({ id, owner: 'o', lots: id === 4321 ? 9n : 1n }));

  it('hold for every form of insertMany, which writes nothing then, and of upsert', async () => {
    const orders = await opened(Order);
    const columns = { id: Int32Array.from(given, ({ id }) => id), owner: given.map(({ owner }) => owner), lots: BigInt64Array.from(given, ({ lots }) => lots) }; // prettier-ignore
    async function* later(): AsyncGenerator<(typeof given)[number]> {
      for (const row of given) yield row;
    }
    const forms: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['an array', () => orders.insertMany(given)],
      ['instances', () => orders.insertMany(given.map((row) => Object.assign(new Order(), row)))],
      ['an iterable', () => orders.insertMany(new Set(given))],
      ['an async iterable', () => orders.insertMany(later())],
      ['columns', () => orders.insertMany(columns)],
      ['onConflict', () => orders.insertMany(given, { onConflict: 'ignore' })],
      ['upsert', () => orders.upsert(given)],
      ['upsert of columns', () => orders.upsert(columns)],
    ];
    for (const [what, write] of forms) {
      const { message, details } = await failure(write(), 'E_VALIDATION');
      expect([message, (details as { row: number }).row], what).to.deep.equal(['Row 4321: Order: lots must be one of the following values: 1, 2.', 4321]); // prettier-ignore
      expect(await orders.count(), what).to.equal(0);
    }
    expect((await failure(orders.upsert({ ...order, lots: 9n }), 'E_VALIDATION')).details).to.not.have.property('row');
    expect((await failure(orders.insertMany(given.slice(4320, 4330)), 'E_VALIDATION')).details).to.include({ row: 1 });
  });

  it('are switched by each call, and by the manager; what else an option says is refused by name', async () => {
    const orders = await opened(Order);
    const bad = { ...order, lots: 9n };
    const off = { validate: false };
    await orders.insert(bad, off);
    await orders.insertMany([{ ...bad, id: 2 }], off);
    await orders.insertMany(new Set([{ ...bad, id: 3 }]), { validate: false, onConflict: 'update' });
    await orders.upsert({ ...bad, id: 4 }, off);
    await orders.upsert([{ ...bad, id: 5 }], off);
    await orders.update({ id: 1 }, { lots: 8n }, off);
    expect(await orders.count()).to.equal(5);
    await failure(orders.insert({ ...bad, id: 6 }), 'E_VALIDATION');
    const trusting = await opened(Order, { validate: false });
    await trusting.insert(bad);
    await failure(trusting.insert({ ...bad, id: 2 }, { validate: true }), 'E_VALIDATION');
    const wrong = (options: object): Promise<unknown> => orders.insert({ ...order, id: 7 }, options);
    expect((await failure(wrong({ valid: false }), 'E_QUERY')).message).to.equal("insert has no option 'valid'. Options: validate, signal, timeout."); // prettier-ignore
    expect((await failure(wrong({ validate: 1 }), 'E_QUERY')).message).to.equal("insert: validate is true, false, or an object such as { groups: ['create'] }."); // prettier-ignore
    expect((await failure(wrong({ validate: { group: 'x' } }), 'E_QUERY')).message).to.equal("insert: validate has no option 'group'. Options: groups, always, strictGroups."); // prettier-ignore
    expect((await failure(orders.delete({ id: 1 }, off as never), 'E_QUERY')).message).to.contain(
      "no option 'validate'",
    );
    // @ts-expect-error groups are strings
    await failure(orders.insert({ ...order, id: 7 }, { validate: { groups: [1] } }), 'E_QUERY');
    await failure(orders.insert({ ...order, id: 7 }, { validate: null as never }), 'E_QUERY');
    await failure(opened(Order, { validate: null }), 'E_CONFIG');
  });

  it('hold for rows of files, whose missing columns count as left out', async () => {
    const orders = await opened(Order);
    const folder = process.env['TMPDIR'] ?? '/tmp';
    const path = join(folder, `ruled-${process.pid}.csv`);
    writeFileSync(path, 'id,owner,lots\n1,a,1\n2,b,9\n');
    const { details } = await failure(orders.importFrom(path), 'E_VALIDATION');
    expect(details).to.include({ row: 1, property: 'lots' });
    expect(await orders.count()).to.equal(0);
    expect(await orders.importFrom(path, { validate: false })).to.equal(2);
    writeFileSync(path, 'id,owner\n3,a\n');
    expect(await orders.importFrom(path, { onConflict: 'update' })).to.equal(1);
    writeFileSync(path, 'id\n4\n');
    expect((await failure(orders.importFrom(path), 'E_VALIDATION')).details).to.include({ property: 'owner' });
  });

  it('are of the groups that a manager or a call names, as class-validator understands them', async () => {
    @Table('grouped')
    class Grouped {
      @Column('integer') @Min(10, { groups: ['create'] }) @Max(20, { groups: ['update'] }) n!: number;
      @Column('varchar', { default: 'x' }) @Length(1, 1) s!: Generated<string>;
      @Column('varchar', { default: 'x' }) @Length(1, 1, { always: true }) t!: Generated<string>;
    }
    const broken = async (rows: Repository<Grouped>, row: object, validate?: object): Promise<string[]> => {
      try {
        await rows.insert(row as Grouped, validate === undefined ? {} : { validate });
        return [];
      } catch (error) {
        const { problems } = (error as DatabaseError).details as { problems: { constraints: object }[] };
        return problems.flatMap(({ constraints }) => Object.values(constraints) as string[]).map((text) => text.split(' ')[0] + (text.includes('greater') ? '<' : '')); // prettier-ignore
      }
    };
    const rows = await opened(Grouped);
    // without groups all rules hold
    expect(await broken(rows, { n: 5, s: 'yy' })).to.deep.equal(['n', 's']);
    expect(await broken(rows, { n: 25, s: 'yy' }, { groups: ['create'] })).to.deep.equal([]);
    expect(await broken(rows, { n: 5, s: 'yy', t: 'yy' }, { groups: ['create'] })).to.have.members(['n', 't']);
    expect(await broken(rows, { n: 25 }, { groups: ['update', 'create'] })).to.deep.equal(['n<']);
    expect(await broken(rows, { n: 5, s: 'yy' }, { strictGroups: true })).to.deep.equal(['s']);
    expect(await broken(rows, { n: 5, s: 'yy' }, { groups: ['update'], always: true })).to.deep.equal(['s']);
    const creating = await opened(Grouped, { validate: { groups: ['create'] } });
    expect(await broken(creating, { n: 5 })).to.deep.equal(['n']);
    expect(await broken(creating, { n: 25, s: 'yy' })).to.deep.equal([]);
    expect(await broken(creating, { n: 25 }, { groups: ['update'] })).to.deep.equal(['n<']);
  });

  it('count from when they are there, also on a base, and do not mix between classes', async () => {
    abstract class Base {
      @Column('integer') n!: number;
    }
    @Table('late_ones')
    class Late extends Base {}
    @Table('late_others')
    class Other extends Base {}
    const db = await openManager({ entities: [Late, Other] });
    await db.repository(Late).insert({ n: 1 });
    Min(5)(Late.prototype, 'n');
    await failure(db.repository(Late).insert({ n: 1 }), 'E_VALIDATION');
    await db.repository(Late).insert({ n: 7 });
    await db.repository(Other).insert({ n: 1 });
    Max(6)(Base.prototype, 'n');
    // the library takes rules of one type from the class itself, where it has any
    await db.repository(Late).insert({ n: 7 });
    await failure(db.repository(Other).insert({ n: 7 }), 'E_VALIDATION');
  });

  it('ask the container for validators of the user at each row', async () => {
    @ValidatorConstraint({ name: 'limited' })
    class Limited {
      constructor(private readonly most = 5) {}
      validate(value: number): boolean {
        return value <= this.most;
      }
    }
    @Table('contained')
    class Contained {
      @Column('integer') @Validate(Limited) n!: number;
    }
    const rows = await opened(Contained);
    await rows.insert({ n: 5 });
    try {
      useContainer({ get: (type: unknown) => (type === Limited ? new Limited(9) : undefined) }, { fallback: true }); // prettier-ignore
      await rows.insert({ n: 9 });
    } finally {
      useContainer(undefined as never);
    }
    await failure(rows.insert({ n: 9 }), 'E_VALIDATION');
  });
});

describe('rules that are waited for', () => {
  let onAsk: (() => void) | undefined;

  @ValidatorConstraint({ name: 'known', async: true })
  class Known {
    async validate(value: unknown): Promise<boolean> {
      await new Promise((resolve) => setTimeout(resolve, 1));
      onAsk?.();
      onAsk = undefined;
      return value !== 'unknown';
    }
    defaultMessage(): string {
      return '$property is not known';
    }
  }

  @Table('waited')
  class Waited {
    @Column('integer', { primaryKey: true }) id!: number;
    @Column('varchar') @Validate(Known) name!: string;
    @Column('integer[]', { nullable: true }) legs!: number[] | null;
  }

  /** not declared async, and found to be only when it is asked */
  @Table('found_out')
  class FoundOut {
    @Column('integer', { primaryKey: true }) id!: number;
    @Column('varchar') name!: string;
    @Column('integer[]', { nullable: true }) legs!: number[] | null;
  }
  registerDecorator({ name: 'known', target: FoundOut, propertyName: 'name', validator: { validate: (value) => new Known().validate(value), defaultMessage: () => '$property is not known' } }); // prettier-ignore

  for (const Entity of [Waited, FoundOut]) {
    it(`hold for every write: ${Entity.name}`, async () => {
      const rows = await opened(Entity);
      const bad = { id: 1, name: 'unknown' };
      const many = Array.from({ length: 100 }, (_each, id) => ({ id, name: id === 77 ? 'unknown' : 'n' }));
      async function* later(): AsyncGenerator<(typeof many)[number]> {
        for (const row of many) yield row;
      }
      const columns = { id: many.map(({ id }) => id), name: many.map(({ name }) => name) };
      const forms: readonly (readonly [() => Promise<unknown>, number | undefined])[] = [
        [() => rows.insert(bad), undefined],
        [() => rows.upsert(bad), undefined],
        [() => rows.upsert([bad]), 0],
        [() => rows.insertMany([{ id: 0, name: 'n' }, bad, bad]), 1],
        [() => rows.insertMany(many), 77],
        [() => rows.insertMany(new Set(many)), 77],
        [() => rows.insertMany(later()), 77],
        [() => rows.insertMany(columns), 77],
      ];
      for (const [write, row] of forms) {
        const { message, details } = await failure(write(), 'E_VALIDATION');
        expect(message).to.equal(`${row === undefined ? '' : `Row ${row}: `}${Entity.name}: name is not known.`);
        expect(details).to.deep.include({ property: 'name', rules: ['known'] });
        expect(await rows.count()).to.equal(0);
      }
      expect(await rows.insertMany(many.map((row) => ({ ...row, name: 'n' })))).to.equal(100);
      expect(await rows.update({ id: 1 }, { legs: [1] })).to.equal(1);
      await failure(rows.update({ id: 1 }, { name: 'unknown' }), 'E_VALIDATION');
    });
  }

  it('let through what they saw: whoever changes a row meanwhile changes nothing', async () => {
    const rows = await opened(Waited);
    const row = { id: 1, name: 'before', legs: [1] };
    const many = Array.from({ length: 100 }, (_each, id) => ({ id: id + 10, name: 'before', legs: [1] }));
    const change = (): void => {
      for (const each of [row, ...many]) {
        each.name = 'unknown';
        each.legs.push(2);
      }
    };
    for (const write of [
      () => rows.insert(row),
      () => rows.upsert(row),
      () => rows.update({ id: 1 }, row),
      () => rows.insertMany([{ ...row, id: 2 }]),
      () => rows.insertMany(many),
    ]) {
      // prettier-ignore
      for (const each of [row, ...many]) Object.assign(each, { name: 'before', legs: [1] });
      onAsk = change;
      await write();
    }
    expect(await rows.count({ name: 'before' })).to.equal(102);
    expect((await rows.findColumns({ select: ['legs'] })).legs).to.deep.equal(Array.from({ length: 102 }, () => [1]));
  });

  it('tell first what is wrong with an earlier row, and with a later one nothing', async () => {
    const rows = await opened(Waited);
    const wrong = { id: 'x' as never, name: 'n' };
    const bad = { id: 2, name: 'unknown' };
    expect((await failure(rows.insertMany([bad, wrong]), 'E_VALIDATION')).details).to.include({ row: 0 });
    expect((await failure(rows.insertMany([wrong, bad]), 'E_CONVERSION')).details).to.include({ row: 0 });
    const good = Array.from({ length: 80 }, (_each, id) => ({ id, name: 'n' }));
    expect((await failure(rows.insertMany([...good, bad, wrong]), 'E_VALIDATION')).details).to.include({ row: 80 });
    expect((await failure(rows.insertMany([...good, wrong, bad]), 'E_CONVERSION')).details).to.include({ row: 80 });
    expect((await failure(rows.insertMany([...good, bad, 5 as never]), 'E_VALIDATION')).details).to.include({
      row: 80,
    });
    const after = await failure(rows.insertMany([...good, 5 as never, bad]), 'E_VALIDATION');
    expect(after.message).to.contain('Row 80: Waited expects an object');
  });

  it('may read the database, within the transaction too, and are left where the call is stopped', async () => {
    let db: BaseDuckDBManager;
    @Table('asking')
    class Asking {
      @Column('integer', { primaryKey: true }) id!: number;
      @Column('varchar') name!: string;
    }
    const validate = async (value: unknown): Promise<boolean> => {
      if (value === 'hangs') return new Promise(() => {});
      if (value === 'conflict') throw new DatabaseError('E_CONFLICT', 'met another one');
      return !(await db.repository(Asking).exists({ name: value as string }));
    };
    registerDecorator({ name: 'unique', target: Asking, propertyName: 'name', async: true, validator: { validate } });
    db = await openManager({ entities: [Asking] });
    const rows = db.repository(Asking);
    await rows.insert({ id: 1, name: 'a' });
    await failure(rows.insert({ id: 2, name: 'a' }), 'E_VALIDATION');
    const many = (name: string): { id: number; name: string }[] => Array.from({ length: 3000 }, (_each, id) => ({ id: id + 10, name: `${name}${id}` })); // prettier-ignore
    expect(await rows.insertMany(many('x'))).to.equal(3000);
    await db
      .transaction(async () => {
        await rows.insert({ id: 3, name: 'b' });
        await failure(rows.insertMany([{ id: 4, name: 'b' }]), 'E_VALIDATION');
      })
      .catch(() => {});
    for (const write of [
      () => rows.insert({ id: 5, name: 'hangs' }, { timeout: '50ms' }),
      () => rows.insertMany([{ id: 5, name: 'hangs' }], { timeout: '50ms' }),
      () => rows.insertMany(new Set([{ id: 5, name: 'hangs' }]), { timeout: '50ms' }),
      () => rows.update({ id: 1 }, { name: 'hangs' }, { timeout: '50ms' }),
      () => rows.upsert({ id: 5, name: 'hangs' }, { timeout: '50ms' }),
    ])
      // prettier-ignore
      await failure(write(), 'E_TIMEOUT');
    await failure(rows.insert({ id: 6, name: 'conflict' }), 'E_CONFLICT');
  });
});

describe('rules that throw', () => {
  it('fail the write with the row, the property and the cause, sync or not', async () => {
    const cause = new TypeError('nothing there: s3cr3t');
    const fails = (): never => {
      throw cause;
    };
    @Table('throwing')
    class Throwing {
      @Column('integer') n!: number;
      @Column('varchar', { default: 'x' }) @ValidateIf((row: { home: { at: string } }) => row.home.at === 'x') @IsNotEmpty() s!: Generated<string>; // prettier-ignore
    }
    registerDecorator({ name: 'fails', target: Throwing, propertyName: 'n', validator: { validate: (value) => (value === 1 ? fails() : value !== 2 || Promise.reject(cause)) } }); // prettier-ignore
    const rows = await opened(Throwing);
    const sync = await failure(rows.insertMany([{ n: 0 }, { n: 1 }]), 'E_VALIDATION');
    expect(sync.message).to.match(
      /^Row 1: Throwing\.n: a rule of class-validator could not be asked, for its validator or a condition threw/,
    );
    expect(sync.message).to.not.contain('s3cr3t');
    expect([sync.cause, sync.details]).to.deep.equal([cause, { entity: 'Throwing', row: 1, property: 'n' }]);
    const later = await failure(rows.insert({ n: 2 }), 'E_VALIDATION');
    expect([later.cause, later.details]).to.deep.equal([cause, { entity: 'Throwing' }]);
    const condition = await failure(rows.insert({ n: 0, s: 'y' }), 'E_VALIDATION');
    expect(condition.details).to.deep.equal({ entity: 'Throwing', property: 's' });
    expect(condition.cause).to.be.instanceOf(TypeError);
    // a patch that leaves it out asks no condition
    expect(await rows.update({ n: 9 }, { n: 0 })).to.equal(0);
  });
});

describe('what rules look at', () => {
  it('is an instance of the class: the row itself where it is one, with its private fields', async () => {
    const seen: unknown[] = [];
    @Table('looked_at')
    class Looked {
      #most = 5;
      @Column('integer') @ValidateIf((row: Looked) => (seen.push(row), row.isLimited())) @Max(3) n!: number;
      isLimited(): boolean {
        return this instanceof Looked && (!(#most in this) || this.#most === 5);
      }
      set most(most: number) {
        this.#most = most;
      }
    }
    const rows = await opened(Looked);
    await failure(rows.insert({ n: 4 } as Looked), 'E_VALIDATION');
    const own = Object.assign(new Looked(), { n: 4 });
    own.most = 1;
    await rows.insert(own);
    await rows.insertMany([own]);
    expect(seen.filter((each) => each === own)).to.have.lengthOf(2);
  });

  it('is of the class whatever data says of its constructor, and whatever data calls its keys', async () => {
    const people = await opened(Person);
    const body = JSON.parse(
      '{"id":1,"email":"none","constructor":{"name":"Free"},"__proto__":{"email":"a@b.co"}}',
    ) as object;
    await failure(people.insert(Object.assign(new Person(), body)), 'E_VALIDATION');
    await failure(people.insertMany([Object.assign(new Person(), body)]), 'E_VALIDATION');
    await failure(people.insert(body as Person), 'E_VALIDATION');
    class Sub extends Person {
      override email = 'none';
    }
    await failure(people.insert(Object.assign(new Sub(), { id: 1 })), 'E_VALIDATION');
    const home = JSON.parse('{"country":"long","constructor":{"name":"Free"},"__proto__":{"x":1}}') as Address;
    await failure(people.insert({ id: 1, email: 'a@b.co', home }), 'E_VALIDATION');
    expect({}).to.not.have.property('x');
    expect(await people.count()).to.equal(0);
  });

  it('is what is stored: a getter of a row is read once for both', async () => {
    const orders = await opened(Order);
    let reads = 0;
    const row = { id: 1, get owner() { return (reads += 1) === 1 ? 'first' : null; } }; // prettier-ignore
    const many = [row, ...Array.from({ length: 100 }, (_each, id) => ({ id: id + 2, owner: 'o' }))];
    expect(await orders.insertMany(many as never)).to.equal(101);
    expect(await orders.count({ owner: 'first' })).to.equal(1);
  });

  it('is what is stored by a single write, too', async () => {
    const orders = await opened(Order);
    const twice = (): { readonly id: number; readonly owner: string | null } => {
      let reads = 0;
      return { id: 1, get owner() { return (reads += 1) === 1 ? 'first' : null; } }; // prettier-ignore
    };
    await orders.insert(twice());
    await orders.upsert(twice() as never);
    await orders.update({ id: 1 }, twice());
    expect(await orders.insertMany([{ ...order, id: 2 }, Object.defineProperty(twice(), 'id', { value: 3, enumerable: true })] as never)).to.equal(2); // prettier-ignore
    expect(await orders.count({ owner: 'first' })).to.equal(2);
  });

  it('are groups as they were, whoever changes the list then', async () => {
    @Table('regrouped')
    class Regrouped {
      @Column('integer') @Min(10, { groups: ['a'] }) @Max(0, { groups: ['b'] }) n!: number;
    }
    const rows = await opened(Regrouped);
    const groups = ['a'];
    await rows.insert({ n: 10 }, { validate: { groups } });
    groups.push('b');
    await failure(rows.insert({ n: 10 }, { validate: { groups } }), 'E_VALIDATION');
    await rows.insert({ n: 10 }, { validate: { groups: ['a'] } });
    await failure(rows.insert({ n: 9 }, { validate: { groups: ['a'] } }), 'E_VALIDATION');
    // as many groups as come from outside
    for (let n = 0; n < 250; n += 1) await rows.insert({ n: 1 }, { validate: { groups: [`x${n}`] } });
  });

  it('are instances inside of values of any column; what has no rules there is refused, and a cycle is', async () => {
    class Hop {
      @Length(2, 2) venue!: string;
      @IsOptional() @ValidateNested() @Type(() => Hop) next?: Hop;
    }
    class Bare {
      x = 1;
    }
    @Table('routed')
    class Routed {
      @Column('integer', { primaryKey: true }) id!: number;
      @Column(struct({ venue: 'varchar' }), { nullable: true })
      @IsOptional()
      @ValidateNested()
      @Type(() => Hop)
      first!: { venue: string } | null;
      @Column(json<Hop[]>(), { nullable: true }) @IsOptional() @ValidateNested({ each: true }) @Type(() => Hop) hops!:
        Hop[] | null;
      @Column(json(), { nullable: true }) @IsOptional() @ValidateNested() loose!: unknown;
      @Column(map('varchar', struct({ venue: 'varchar' })), { nullable: true })
      @IsOptional()
      @ValidateNested()
      keyed!: Map<string, { venue: string }> | null;
    }
    const rows = await opened(Routed);
    const problemOf = async (row: object): Promise<unknown> => {
      const { details, message } = await failure(rows.insert({ id: 1, ...row }), 'E_VALIDATION');
      return [(details as { problems: { property: string }[] }).problems.map(({ property }) => property), message];
    };
    const unknown = (at: string): unknown => [[at], `Routed: ${at}: has no rules: it is no instance of a class that has some, and @Type names none for it.`]; // prettier-ignore
    expect(await problemOf({ first: { venue: 'long' } })).to.deep.include(['first.venue']);
    expect(await problemOf({ hops: [{ venue: 'ab' }, { venue: 'ab', next: { venue: 'long' } }] })).to.deep.include(['hops.1.next.venue']); // prettier-ignore
    expect(await problemOf({ hops: [{ venue: 'ab' }, 5] })).to.deep.include(['hops.1']);
    for (const value of [{ a: 1 }, new Bare(), JSON.parse('{"constructor":{"name":"Hop"},"venue":"x"}')])
      expect(await problemOf({ loose: value })).to.deep.equal(unknown('loose'));
    const posing = Object.assign(new Hop(), JSON.parse('{"constructor":{"name":"Hop"},"venue":"long"}'));
    expect(await problemOf({ loose: posing })).to.deep.equal(unknown('loose'));
    const keyed = await problemOf({ keyed: new Map([['s3cr3t', { venue: 'x' }]]) });
    expect(JSON.stringify(keyed)).to.include('keyed.(key)').and.not.include('s3cr3t');
    const cyclic: Record<string, unknown> = { venue: 'ab' };
    cyclic['next'] = cyclic;
    const error = await failure(rows.insert({ id: 1, hops: [cyclic as never] }), 'E_VALIDATION');
    expect([error.details, error.cause instanceof RangeError]).to.deep.equal([{ entity: 'Routed', property: 'hops' }, true]); // prettier-ignore
    expect(await rows.insert({ id: 1, first: { venue: 'ab' }, hops: [{ venue: 'cd' }], loose: null })).to.deep.include({ first: { venue: 'ab' } }); // prettier-ignore
  });

  it('is the same where no code may be made of text', async () => {
    const child = await startChild(
      `
      const { IsInt, Min } = await import('class-validator');
      const { BaseDuckDBManager, Column, Table } = await import('@mysingle/database');
      class Row {}
      Column('integer')(Row.prototype, 'n'); IsInt()(Row.prototype, 'n'); Min(5)(Row.prototype, 'n');
      Object.defineProperty(Row.prototype, 'm', { get() { throw new Error('asked'); } });
      Column('integer', { nullable: true })(Row.prototype, 'm');
      Table('rows')(Row);
      const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Row], logger: false });
      const rows = db.repository(Row);
      const told = async (work) => work().then(String, (error) => error.message);
      console.log(await told(() => rows.insertMany([{ n: 5 }, { n: 4 }])));
      console.log(await told(() => rows.insertMany({ n: Array.from({ length: 99 }, (_each, n) => 90 - n) })));
      console.log(await told(() => rows.insertMany([{ n: 5, m: 1 }, { n: 6 }])));
      await db.close();
    `,
      { NODE_OPTIONS: '--disallow-code-generation-from-strings' },
    );
    const { lines, stderr } = await child.ended;
    expect(lines, stderr).to.deep.equal(['Row 1: Row: n must not be less than 5.', 'Row 86: Row: n must not be less than 5.', '2']); // prettier-ignore
  });
});

class Fill {
  @Length(3) venue!: string;
}
class ForeignFill extends Fill {
  @Length(3) country!: string;
}

@Table('ruled_maps')
class RuledMaps {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(json<Map<string, Fill>>()) @ValidateNested() @Type(() => Fill) doc!: Map<string, Fill>;
  @Column(map('varchar', struct({ venue: 'varchar' })), { nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => Fill)
  map!: Map<string, { venue: string }> | null;
  @Column(json(), { nullable: true })
  @IsOptional()
  @ValidateNested()
  @Type(() => Fill, { discriminator: { property: 'kind', subTypes: [{ value: ForeignFill, name: 'foreign' }] } })
  told!: unknown;
}

describe('rules within a Map', () => {
  it('look at plain objects in it as instances, also where an object stands for a Map', async () => {
    const rows = await opened(RuledMaps);
    const [good, bad] = [{ venue: 'XETRA' }, { venue: 'X' }];
    const mapOf = (fill: object): Map<string, Fill> => new Map([['k', fill as Fill]]);
    for (const [id, row] of [{ doc: mapOf(good) }, { doc: { k: good } as never }, { map: mapOf(good) }].entries())
      await rows.insert({ id, doc: mapOf(good), ...row });
    for (const row of [{ doc: mapOf(bad) }, { doc: { k: bad } as never }, { map: mapOf(bad) }]) {
      const { details } = await failure(rows.insert({ id: 9, doc: mapOf(good), ...row }), 'E_VALIDATION');
      expect(details['property']).to.equal(`${Object.keys(row)[0]}.(key).venue`);
    }
  });

  it('are those of the class that a discriminator tells', async () => {
    const rows = await opened(RuledMaps);
    await rows.insert({
      id: 1,
      doc: new Map(),
      told: [{ kind: 'foreign', venue: 'XETRA', country: 'DEU' }, { venue: 'XETRA' }],
    });
    const { details } = await failure(
      rows.insert({ id: 2, doc: new Map(), told: { kind: 'foreign', venue: 'XETRA' } }),
      'E_VALIDATION',
    );
    expect(details['property']).to.equal('told.country');
  });
});

@ValidatorConstraint({ name: 'never', async: true })
class Never {
  validate(): Promise<boolean> {
    return new Promise(() => {});
  }
}

@Table('never_judged')
class NeverJudged {
  @Column('integer', { primaryKey: true }) @Validate(Never) id!: number;
}

describe('a rule that never answers', () => {
  const row = { id: 1 };
  type Rows = Repository<NeverJudged>;
  const ways: Readonly<Record<string, (rows: Rows) => Promise<unknown>>> = {
    insert: (rows) => rows.insert(row),
    'insertMany of a few': (rows) => rows.insertMany([row]),
    'insertMany of many': (rows) => rows.insertMany(Array.from({ length: 5000 }, (_each, id) => ({ id }))),
    'insertMany of an iterable': (rows) => rows.insertMany(new Set([row])),
    'insertMany of columns': (rows) => rows.insertMany({ id: [1] }),
    upsert: (rows) => rows.upsert(row),
    update: (rows) => rows.update(row, { id: 2 }),
    'insert in a transaction': (rows) => rows.manager.transaction(() => rows.insert(row)),
  };
  for (const [way, call] of Object.entries(ways))
    it(`is waited for until close(), and no longer: ${way}`, async () => {
      const db = await openManager({ entities: [NeverJudged] });
      const failed = failure(call(db.repository(NeverJudged)), 'E_CLOSED');
      await new Promise((resolve) => setTimeout(resolve, 20));
      await db.close();
      await failed;
    });

  it('is waited for no longer than the queryTimeout, or the timeout of the call', async () => {
    const rows = await opened(NeverJudged, { queryTimeout: '20ms' });
    for (const call of Object.values(ways)) {
      const { message } = await failure(call(rows), 'E_TIMEOUT');
      expect(message).to.match(/^A rule of class-validator gave no answer within the queryTimeout of 20 ms/);
    }
    await failure(rows.insert(row, { timeout: '5ms' }), 'E_TIMEOUT');
  });
});

class Node {
  @IsOptional() @ValidateNested() @Type(() => Node) next?: Node;
}

@Table('ruled_chains')
class Chain {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(json<Node>()) @ValidateNested() @Type(() => Node) first!: Node;
}

describe('rules of what has no end', () => {
  it('say that it is nested too deep, or leads back to itself', async () => {
    const rows = await opened(Chain);
    const circle = new Node();
    circle.next = circle;
    const plain: { next?: object } = {};
    plain.next = plain;
    let deep = new Node();
    for (let level = 0; level < 20_000; level += 1) deep = Object.assign(new Node(), { next: deep });
    for (const first of [circle, plain, deep]) {
      const { message, details } = await failure(rows.insertMany([{ id: 1, first }]), 'E_VALIDATION');
      expect(message).to.match(/^Row 0: Chain.first is nested too deep, or leads back to itself: .+parts\.$/);
      expect(details).to.deep.equal({ entity: 'Chain', row: 0, property: 'first' });
    }
  });
});

@Table('ruled_lists')
class RuledLists {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('double[]') @ArrayMaxSize(2) @Min(1, { each: true }) values!: number[];
}

class RuledSubLists extends RuledLists {
  @Length(9) own = 'short';
}

describe('rules of a list', () => {
  it('judge a typed array as an array, of rows, columns and instances', async () => {
    const rows = await opened(RuledLists);
    const listed = (...values: number[]): number[] => Float64Array.from(values) as unknown as number[];
    const [good, many, low] = [listed(1, 2), listed(1, 2, 3), listed(1, 0)];
    const made = (id: number, values: number[]): RuledLists => Object.assign(new RuledLists(), { id, values });
    await rows.insert({ id: 1, values: good });
    await rows.insertMany([{ id: 2, values: good }, made(3, good)]);
    await rows.insertMany({ id: [4], values: [good] });
    await rows.update({ id: 1 }, { values: good });
    for (const [values, rule] of [[many, 'arrayMaxSize'], [low, 'min']] as const) {
      const writes = [() => rows.insert({ id: 9, values }), () => rows.insertMany([made(9, values)]), () => rows.insertMany({ id: [9], values: [values] }), () => rows.update({ id: 1 }, { values })];
      for (const write of writes) expect((await failure(write(), 'E_VALIDATION')).details['rules']).to.deep.equal([rule]);
    } // prettier-ignore
    expect((await rows.find()).map(({ values }) => [...values])).to.deep.equal(Array.from({ length: 4 }, () => [1, 2]));
  });

  it('are those of the entity, whatever a subclass of it asks for', async () => {
    const rows = await opened(RuledLists);
    await rows.insert(Object.assign(new RuledSubLists(), { id: 1, values: [1] }));
    expect(await rows.count()).to.equal(1);
  });
});
