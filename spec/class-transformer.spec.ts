// What is taken from class-transformer's inside is there, and does what its public functions do. Not here: JSON (json-serializable.spec.ts).
import { Exclude, Expose, Transform, Type, instanceToPlain, plainToInstance } from 'class-transformer';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { classNamed, isTold, isTransformed, printOf } from '../lib/class-transformer.js';
import { instanceOf, membersOf } from '../lib/members.js';
import { TypedProperty } from '../lib/typed-property.js';
import { asInstances } from '../lib/typed-value.js';

class Inner {
  @Exclude() secret = 's3cr3t';
  n = 1;
}

class Untold {
  a = 1;
}

class Plainest {
  x = 1;
}

abstract class Base {
  @Exclude({ toPlainOnly: true }) hidden = 'h';
  @Transform(({ value }) => Number(value) * 2, { toPlainOnly: true })
  @Transform(({ value }) => Number(value) / 2, { toClassOnly: true })
  doubled = 2;
}

class Told extends Base {
  @Expose({ name: 'full_name' }) name = 'n';
  @Type(() => Inner) inner = new Inner();
  @Type(() => Plainest) plainest = new Plainest();
  @Type(() => Date) at = new Date(5);
  @Expose({ groups: ['admin'] }) forAdmins = 1;
  @Expose() get upper(): string {
    return this.name.toUpperCase();
  }
  map = new Map([['k', 1n]]);
}

@Exclude()
class Strict {
  @Expose() shown = 1;
  unseen = 2;
}

class Dog {
  bark = 1;
}
class Cat {
  meow = 1;
}
const PETS = { discriminator: { property: 'kind', subTypes: [{ value: Dog, name: 'dog' }, { value: Cat, name: 'cat' }] } }; // prettier-ignore

class Zoo {
  @Type(() => Object, PETS) pet: unknown = new Dog();
  @Type(() => Object, PETS) pets: unknown[] = [new Cat(), new Dog()];
  @Type(() => Inner) set = new Set([new Inner()]);
  @Type(() => Inner) map: Map<string, Inner> = new Map([['k', new Inner()]]);
  @Type(() => Inner) list = [new Inner()];
}

describe('the members of an instance', () => {
  it('are what instanceToPlain says of one level, with what is in them as it was', () => {
    const told = new Told();
    const members = membersOf(told) as Record<string, unknown>;
    expect(members).to.have.all.keys(Object.keys(instanceToPlain(told)));
    expect(members).to.deep.include({ full_name: 'n', doubled: 4, upper: 'N' });
    expect(members).to.not.have.any.keys('hidden', 'forAdmins', 'name');
    expect([members['inner'], members['map'], members['at']]).to.have.ordered.members([told.inner, told.map, told.at]);
    expect(membersOf(new Strict())).to.deep.equal({ shown: 1 });
    const untold = new Untold();
    expect(membersOf(untold)).to.equal(untold);
  });

  it('are of the class whatever data says of its constructor', () => {
    const hostile = Object.assign(new Inner(), JSON.parse('{"constructor":{"name":"x"}}'));
    expect(membersOf(hostile as object)).to.deep.equal({ n: 1 });
  });

  it('are no promise of it, whatever its methods are called', () => {
    class Later extends Inner {
      // oxlint-disable-next-line unicorn/no-thenable -- what it is about
      then(): void {}
    }
    expect(membersOf(new Later())).to.deep.equal({ n: 1 });
  });

  it('are of the class that @Type names where plain objects stand in its place', () => {
    const told = Object.assign(new Told(), { inner: { secret: 's3cr3t', n: 2 } });
    const { inner } = membersOf(told) as Told;
    expect(inner).to.be.instanceOf(Inner);
    expect(membersOf(inner)).to.deep.equal({ n: 2 });
  });

  it('make an instance again, of what was kept as it was and what is plain by now', () => {
    const told = new Told();
    const again = instanceOf(Told, membersOf(told)) as Told;
    expect(again).to.be.instanceOf(Told).and.deep.include({ name: 'n', doubled: 2, hidden: 'h' });
    expect([again.inner, again.map]).to.have.ordered.members([told.inner, told.map]);
    const plain = JSON.parse(JSON.stringify({ ...instanceToPlain(told), map: 1 })) as object;
    const theirs = plainToInstance(Told, plain);
    expect(instanceOf(Told, plain)).to.deep.equal(theirs);
    expect(theirs.at).to.be.instanceOf(Date);
    expect(instanceOf(Strict, { shown: 5, unseen: 6 })).to.deep.equal(plainToInstance(Strict, { shown: 5, unseen: 6 }));
  });

  it('and back keep discriminators, sets, maps and lists of instances', () => {
    const zoo = instanceOf(Zoo, membersOf(new Zoo())) as Zoo;
    expect(zoo.pet).to.be.instanceOf(Dog);
    expect(zoo.pets.map((pet) => (pet as object).constructor)).to.deep.equal([Cat, Dog]);
    expect([[...zoo.set][0], zoo.map.get('k'), zoo.list[0]].map((each) => each?.constructor)).to.deep.equal([Inner, Inner, Inner]); // prettier-ignore
  });

  it('pollute nothing', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"n":3}',
    ) as object;
    const made = instanceOf(Inner, hostile);
    expect(made).to.be.instanceOf(Inner).and.include({ n: 3 });
    expect(Object.getPrototypeOf(made)).to.equal(Inner.prototype);
    const cast = asInstances(Inner, hostile) as object;
    expect(Object.getPrototypeOf(cast)).to.equal(Inner.prototype);
    expect([{}, made, new Inner()].every((each) => !('polluted' in each))).to.equal(true);
  });
});

describe('what class-transformer was told of', () => {
  it('is known by its decorators, by those of a base, and by @Type', () => {
    expect([Told, Base, Strict, Inner].map(isTransformed)).to.deep.equal([true, true, true, true]);
    expect([Untold, Plainest, Date, Object, undefined, 'x'].map(isTransformed)).to.deep.equal([false, false, false, false, false, false]); // prettier-ignore
    expect([Told, Plainest, Dog, Untold, Date, Object, Number].map(isTold)).to.deep.equal([true, true, true, false, false, false, false]); // prettier-ignore
  });

  it('is found by a name that one class alone has', () => {
    expect([classNamed('Told'), classNamed('Plainest'), classNamed('Untold'), classNamed(''), classNamed('Date')]).to.deep.equal([Told, Plainest, undefined, undefined, undefined]); // prettier-ignore
    const twin = (): new () => object => {
      class TwinOfAnother {
        @Exclude() a = 1;
      }
      return TwinOfAnother;
    };
    const one = twin();
    expect(classNamed('TwinOfAnother')).to.equal(one);
    twin();
    expect(classNamed('TwinOfAnother')).to.equal(undefined);
  });

  it('has a print that other decorators change', () => {
    const made = (exclude: boolean): new () => object => {
      class Printed {
        @Expose() a = 1;
        b = 2;
      }
      if (exclude) Exclude()(Printed.prototype, 'b');
      return Printed;
    };
    expect(printOf(made(false)))
      .to.equal(printOf(made(false)))
      .and.not.equal(printOf(made(true)));
  });
});

describe('a property with @Type', () => {
  const property = (name: keyof Zoo): TypedProperty => TypedProperty.of(Zoo, name) as TypedProperty;

  it('is plain data as instanceToPlain has it, and back as plainToInstance has it', () => {
    for (const name of ['pet', 'pets', 'set', 'map', 'list'] as const) {
      const plain = JSON.parse(JSON.stringify(property(name).toPlain(new Zoo()[name]))) as unknown;
      expect(plain, name).to.deep.equal(JSON.parse(JSON.stringify(instanceToPlain(new Zoo())[name])));
      const theirs = plainToInstance(Zoo, JSON.parse(JSON.stringify({ [name]: plain })) as object)[name];
      expect(property(name).toInstance(plain), name).to.deep.equal(theirs);
    }
    expect(TypedProperty.of(Told, 'name')).to.equal(undefined);
    expect(TypedProperty.of(Untold, 'a')).to.equal(undefined);
  });

  it('leaves out of plain objects what it leaves out of instances', () => {
    const plain = { secret: 's3cr3t', n: 2 };
    expect(property('list').toPlain([plain])).to.deep.equal([{ n: 2 }]);
    expect(property('set').toPlain(new Set([plain]))).to.deep.equal([{ n: 2 }]);
    for (const map of [{ k: plain }, new Map([['k', plain]])])
      expect(property('map').toPlain(map)).to.deep.equal({ k: { n: 2 } });
  });

  it('asks private members of the instance that a discriminator tells the class of', () => {
    class Vault {
      readonly #n = 3;
      @Expose() get n(): number {
        return this.#n;
      }
    }
    class Street {
      @Type(() => Object, { discriminator: { property: 'kind', subTypes: [{ value: Vault, name: 'vault' }] } })
      house: unknown = new Vault();
    }
    expect(TypedProperty.of(Street, 'house')?.toPlain(new Vault())).to.deep.equal({ n: 3, kind: 'vault' });
  });
});
