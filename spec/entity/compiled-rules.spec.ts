// The compiled rules beside the library's own verdict, for every decorator that class-validator has and for whatever is made of several.
import { isDeepStrictEqual } from 'node:util';
import * as library from 'class-validator';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { judge, notesOf, ruleNotes, type MetadataStorage } from '../../lib/entity/class-validator.js';
import { compileRules } from '../../lib/entity/compiled-rules.js';
import type { RuleGroups } from '../../lib/entity/rule-option.js';
import { random } from '../support/random.js';

type Decorator = (target: object, property: string) => void;
type Options = library.ValidationOptions;
type Of = (options?: Options) => Decorator;
type Class = new () => object;

enum Colour {
  red = 'red',
  two = 2,
}

@library.ValidatorConstraint({ name: 'even', async: false })
class Even implements library.ValidatorConstraintInterface {
  validate(value: unknown, args?: library.ValidationArguments): boolean {
    return typeof value === 'number' ? value % 2 === 0 : value === args?.constraints[0];
  }
  defaultMessage(args?: library.ValidationArguments): string {
    return `${args?.targetName}.${args?.property} is not even, nor $constraint1`;
  }
}

/** A rule of one's own that looks at another property. */
const sameAs = (other: string, options?: Options): Decorator => (target, propertyName) =>
  library.registerDecorator({
    name: 'sameAs',
    target: target.constructor,
    propertyName,
    constraints: [other],
    ...(options === undefined ? {} : { options }),
    validator: {
      validate: (value, args) => (args as { object: Record<string, unknown> }).object[other] === value,
      defaultMessage: () => '$property is not the same as $constraint1',
    },
  }); // prettier-ignore

const { ValidateBy } = library;

/** Every decorator of class-validator, with arguments that some values keep and some break. */
const DECORATORS: Readonly<Record<string, readonly Of[]>> = {
  Allow: [(o) => library.Allow(o)],
  ArrayContains: [(o) => library.ArrayContains([1, 'a'], o)],
  ArrayMaxSize: [(o) => library.ArrayMaxSize(2, o)],
  ArrayMinSize: [(o) => library.ArrayMinSize(2, o)],
  ArrayNotContains: [(o) => library.ArrayNotContains([1], o)],
  ArrayNotEmpty: [(o) => library.ArrayNotEmpty(o)],
  ArrayUnique: [(o) => library.ArrayUnique(o), (o) => library.ArrayUnique((item: unknown) => String(item), o)],
  Contains: [(o) => library.Contains('a', o)],
  Equals: [(o) => library.Equals('a', o), (o) => library.Equals(Number.NaN, o)],
  IsAlpha: [(o) => library.IsAlpha('en-US', o)],
  IsAlphanumeric: [(o) => library.IsAlphanumeric('de-DE', o)],
  IsArray: [(o) => library.IsArray(o)],
  IsAscii: [(o) => library.IsAscii(o)],
  IsBIC: [(o) => library.IsBIC(o)],
  IsBase32: [(o) => library.IsBase32(o)],
  IsBase58: [(o) => library.IsBase58(o)],
  IsBase64: [(o) => library.IsBase64({}, o)],
  IsBoolean: [(o) => library.IsBoolean(o)],
  IsBooleanString: [(o) => library.IsBooleanString(o)],
  IsBtcAddress: [(o) => library.IsBtcAddress(o)],
  IsByteLength: [(o) => library.IsByteLength(1, 3, o)],
  IsCreditCard: [(o) => library.IsCreditCard(o)],
  IsCurrency: [(o) => library.IsCurrency({}, o)],
  IsDataURI: [(o) => library.IsDataURI(o)],
  IsDate: [(o) => library.IsDate(o)],
  IsDateString: [(o) => library.IsDateString({}, o)],
  IsDecimal: [(o) => library.IsDecimal({}, o)],
  IsDefined: [(o) => library.IsDefined(o)],
  IsDivisibleBy: [(o) => library.IsDivisibleBy(3, o)],
  IsEAN: [(o) => library.IsEAN(o)],
  IsEmail: [(o) => library.IsEmail({}, o)],
  IsEmpty: [(o) => library.IsEmpty(o)],
  IsEnum: [(o) => library.IsEnum(Colour, o)],
  IsEthereumAddress: [(o) => library.IsEthereumAddress(o)],
  IsFQDN: [(o) => library.IsFQDN({}, o)],
  IsFirebasePushId: [(o) => library.IsFirebasePushId(o)],
  IsFullWidth: [(o) => library.IsFullWidth(o)],
  IsHSL: [(o) => library.IsHSL(o)],
  IsHalfWidth: [(o) => library.IsHalfWidth(o)],
  IsHash: [(o) => library.IsHash('md5', o)],
  IsHexColor: [(o) => library.IsHexColor(o)],
  IsHexadecimal: [(o) => library.IsHexadecimal(o)],
  IsIBAN: [(o) => library.IsIBAN({}, o)],
  IsIP: [(o) => library.IsIP(4, o)],
  IsISBN: [(o) => library.IsISBN('13', o)],
  IsISIN: [(o) => library.IsISIN(o)],
  IsISO31661Alpha2: [(o) => library.IsISO31661Alpha2(o)],
  IsISO31661Alpha3: [(o) => library.IsISO31661Alpha3(o)],
  IsISO31661Numeric: [(o) => library.IsISO31661Numeric(o)],
  IsISO4217CurrencyCode: [(o) => library.IsISO4217CurrencyCode(o)],
  IsISO6391: [(o) => library.IsISO6391(o)],
  IsISO8601: [(o) => library.IsISO8601({ strict: true }, o)],
  IsISRC: [(o) => library.IsISRC(o)],
  IsISSN: [(o) => library.IsISSN({}, o)],
  IsIdentityCard: [(o) => library.IsIdentityCard('ES', o)],
  IsIn: [(o) => library.IsIn(['a', 1, null, 5n], o)],
  IsInstance: [(o) => library.IsInstance(Date, o)],
  IsInt: [(o) => library.IsInt(o)],
  IsJSON: [(o) => library.IsJSON(o)],
  IsJWT: [(o) => library.IsJWT(o)],
  IsLatLong: [(o) => library.IsLatLong(o)],
  IsLatitude: [(o) => library.IsLatitude(o)],
  IsLocale: [(o) => library.IsLocale(o)],
  IsLongitude: [(o) => library.IsLongitude(o)],
  IsLowercase: [(o) => library.IsLowercase(o)],
  IsMACAddress: [(o) => library.IsMACAddress({}, o)],
  IsMagnetURI: [(o) => library.IsMagnetURI(o)],
  IsMilitaryTime: [(o) => library.IsMilitaryTime(o)],
  IsMimeType: [(o) => library.IsMimeType(o)],
  IsMobilePhone: [(o) => library.IsMobilePhone('de-DE', {}, o)],
  IsMongoId: [(o) => library.IsMongoId(o)],
  IsMultibyte: [(o) => library.IsMultibyte(o)],
  IsNegative: [(o) => library.IsNegative(o)],
  IsNotEmpty: [(o) => library.IsNotEmpty(o)],
  IsNotEmptyObject: [(o) => library.IsNotEmptyObject({ nullable: false }, o)],
  IsNotIn: [(o) => library.IsNotIn(['a', 1], o)],
  IsNumber: [(o) => library.IsNumber({}, o), (o) => library.IsNumber({ allowNaN: true, maxDecimalPlaces: 1 }, o)],
  IsNumberString: [(o) => library.IsNumberString({}, o)],
  IsObject: [(o) => library.IsObject(o)],
  IsOctal: [(o) => library.IsOctal(o)],
  IsOptional: [(o) => library.IsOptional(o)],
  IsPassportNumber: [(o) => library.IsPassportNumber('DE', o)],
  IsPhoneNumber: [(o) => library.IsPhoneNumber('DE', o)],
  IsPort: [(o) => library.IsPort(o)],
  IsPositive: [(o) => library.IsPositive(o)],
  IsPostalCode: [(o) => library.IsPostalCode('DE', o)],
  IsRFC3339: [(o) => library.IsRFC3339(o)],
  IsRgbColor: [(o) => library.IsRgbColor(true, o)],
  IsSemVer: [(o) => library.IsSemVer(o)],
  IsString: [(o) => library.IsString(o)],
  IsStrongPassword: [(o) => library.IsStrongPassword({}, o)],
  IsSurrogatePair: [(o) => library.IsSurrogatePair(o)],
  IsTaxId: [(o) => library.IsTaxId('de-DE', o)],
  IsTimeZone: [(o) => library.IsTimeZone(o)],
  IsUUID: [(o) => library.IsUUID('4', o)],
  IsUppercase: [(o) => library.IsUppercase(o)],
  IsUrl: [(o) => library.IsUrl({}, o)],
  IsVariableWidth: [(o) => library.IsVariableWidth(o)],
  Length: [(o) => library.Length(1, 3, o)],
  Matches: [(o) => library.Matches(/^a+$/, o), (o) => library.Matches('^b', 'i', o)],
  Max: [(o) => library.Max(5, o)],
  MaxDate: [(o) => library.MaxDate(new Date(10), o)],
  MaxLength: [(o) => library.MaxLength(3, o)],
  Min: [(o) => library.Min(1, o)],
  MinDate: [(o) => library.MinDate(() => new Date(5), o)],
  MinLength: [(o) => library.MinLength(2, o)],
  NotContains: [(o) => library.NotContains('a', o)],
  NotEquals: [(o) => library.NotEquals('a', o)],
  Validate: [(o) => library.Validate(Even, ['x'], o ?? {})],
  ValidateBy: [(o) => ValidateBy({ name: 'truthy', constraints: [1, Symbol('s'), ['a', 'b']], validator: { validate: (value) => value as boolean, defaultMessage: () => '$property is not $constraint3, $constraint2' } }, o)],
  ValidateIf: [(o) => library.ValidateIf((_object, value) => value !== 1, o)],
}; // prettier-ignore

/** Exported by the library with a capital letter, and no decorators of rules that can be compiled. */
const OTHERS = ['MetadataStorage', 'ValidateNested', 'ValidatePromise', 'ValidationError', 'ValidationTypes', 'Validator', 'ValidatorConstraint']; // prettier-ignore

const VALUES: readonly unknown[] = [
  undefined, null, true, false, 0, -0, 1, 2, 3, -1, 1.5, 5, 6, Number.NaN, Infinity, -Infinity, 2 ** 53, 0n, 5n, -1n, 3n, Symbol('s'), Symbol.iterator,
  () => true, function named() {}, Date, '', ' ', 'a', 'aa', 'A', 'b', 'aaaa', 'red', '2', '1.50', '-1', '0.1', '1e5', '0x1f', '٣', 'ａ', '\u{1F600}', '\ud800', 'é', 'true', 'x@y.co', 'nobody',
  'https://example.com/a?b=c', 'example.com', '1.2.3', '192.168.0.1', '::1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2020-01-01', '2020-02-30', '2020-01-01T00:00:00Z', '23:59', '65535', '70000',
  '#fff', 'rgb(1,2,3)', 'hsl(1,2%,3%)', 'd41d8cd98f00b204e9800998ecf8427e', '{"a":1}', '[1', 'DE', 'DEU', '276', 'EUR', 'de', 'en-US', 'Europe/Berlin', '12345', '+4915123456789', '015123456789',
  'DE89370400440532013000', 'DEUTDEFF', 'US0378331005', '9783161484100', '0378-5955', '4111111111111111', 'data:text/plain,hi', 'text/html', 'magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a',
  '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', '0x742d35cc6634c0532925a3b844bc454e4438f44e', '507f1f77bcf86cd799439011', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln', 'Aa1!aaaa', '00:1b:44:11:3a:b7', '52.5,13.4', 'MFRGG===', 'YQ==',
  '-Jhd2PYs_zzzzzzzzzzz', 'USRC17607839', '0o17', '1,234.56', 'C01X00T47', '95442135', '5901234123457', '12345678Z', '86095742719', 'x'.repeat(10_000),
  new Date(0), new Date(7), new Date(20), new Date(Number.NaN), Object.create(Date.prototype), [], [1, 'a'], [1, 1], ['a', 'a', 'b'], [undefined], [null], [[]], Object.assign([], { length: 3 }), Array.from({ length: 3 }), Object.assign([1], { 2: 'a' }),
  {}, { a: 1 }, { a: undefined }, { length: 3 }, { toString: () => 'a' }, Object.create(null), new Set(), new Set([1, 'a']), new Map(), new Map([['k', 'a']]), new Map([['k', 1]]), new WeakMap(),
  Uint8Array.of(1, 2), Buffer.from('a'), new ArrayBuffer(2), /a/, new Error('a'), Object(1), Object('a'), new Proxy({}, {}), new Proxy([1], {}),
  new Proxy({}, { get: () => { throw new RangeError('hostile'); } }), { get a() { throw new RangeError('hostile'); } }, { toString: () => { throw new RangeError('hostile'); } }, { length: Number.NaN }, { constraints: [1] },
]; // prettier-ignore

const storage = ruleNotes() as MetadataStorage;
const compiledOf = (type: Class, groups: RuleGroups = {}): NonNullable<ReturnType<typeof compileRules>> => {
  const rules = compileRules(storage, type.name, notesOf(storage, type, groups), () => false);
  if (rules === undefined) throw new Error(`${type.name} could not be compiled`);
  return rules;
};

type Told = Readonly<Record<string, Readonly<Record<string, unknown>>>> | 'threw';

function told(errors: readonly library.ValidationError[]): Told {
  return Object.fromEntries(errors.map(({ property, constraints, contexts }) => [property, { ...constraints, ...(contexts && { contexts }) }])); // prettier-ignore
}

const LIBRARY = { skipUndefinedProperties: true, forbidUnknownValues: false } as const;

function byLibrary(object: object, { groups, ...others }: RuleGroups): Told {
  try {
    return told(library.validateSync(object, { ...LIBRARY, ...others, ...(groups && { groups: [...groups] }) }));
  } catch {
    return 'threw';
  }
}

/** @throws Error where the two do not agree */
function compare(type: Class, object: object, groups: RuleGroups = {}, rules = compiledOf(type, groups)): Told {
  const theirs = byLibrary(object, groups);
  let verdict: string;
  try {
    verdict = rules(object, false);
  } catch {
    verdict = 'threw';
  }
  const wanted = theirs === 'threw' ? 'threw' : isDeepStrictEqual(theirs, {}) ? 'kept' : 'broken';
  // the one that breaks a rule may come before the one that throws: the library then throws when it is asked for its words
  const agree = verdict === wanted || (wanted === 'threw' && verdict === 'broken');
  if (!agree) throw new Error(`the library says ${wanted}, compiled rules ${verdict}: ${String(Object.keys(object))}`);
  if (wanted === 'broken') {
    const ours = judge(object, groups, () => false);
    if (ours instanceof Promise) throw new Error('a sync rule was waited for');
    expect(told(ours)).to.deep.equal(theirs);
  }
  return theirs;
}

/** A class of its own. */
const subject = (): Class =>
  class Subject {
    declare p?: unknown;
  };

const PLAIN: readonly (Options | undefined)[] = [undefined, { each: true }, { message: 'no: $property of $target, $constraint1' }, { context: { code: 7 } }, { each: true, validateIf: (_object, value) => value !== 'a' }]; // prettier-ignore

describe('compiled rules', () => {
  it('are tried for every decorator that the library has', () => {
    const all = Object.keys(library).filter((name) => /^[A-Z][a-z]|^Is[A-Z]/.test(name));
    expect([...Object.keys(DECORATORS), ...OTHERS].toSorted()).to.deep.equal(all.toSorted());
  });

  for (const [name, makes] of Object.entries(DECORATORS)) {
    it(`say of @${name} what the library says, of whatever value, and it is kept and broken`, () => {
      const verdicts = new Set<boolean>();
      for (const make of makes)
        for (const options of PLAIN) {
          const Subject = subject();
          make(options)(Subject.prototype, 'p');
          // alone, @Allow and conditions say nothing
          if (['Allow', 'IsOptional', 'ValidateIf'].includes(name)) library.IsInt()(Subject.prototype, 'p');
          const rules = compiledOf(Subject);
          for (const value of VALUES) verdicts.add(isDeepStrictEqual(compare(Subject, Object.assign(new Subject(), { p: value }), {}, rules), {})); // prettier-ignore
          compare(Subject, new Subject(), {}, rules);
        }
      expect([...verdicts].map(String).toSorted(), 'the values do not try it').to.deep.equal(['false', 'true']);
    });
  }

  it('say of classes with any rules, conditions, groups and bases what the library says', () => {
    const { seed, below } = random();
    const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
    const some = <T>(from: readonly T[], most: number): T[] => Array.from({ length: below(most + 1) }, () => pick(from)); // prettier-ignore
    const makes = [...Object.values(DECORATORS).flat(), ...Array.from({ length: 30 }, () => pick([(o?: Options) => library.IsOptional(o), (o?: Options) => library.IsDefined(o), (o?: Options) => library.ValidateIf((object) => (object as { a?: unknown }).a !== null, o), (o?: Options) => sameAs('a', o)]))]; // prettier-ignore
    const names = ['a', 'b', 'c', 'd'];
    const groups: readonly RuleGroups[] = [{}, { groups: [] }, { groups: ['x'] }, { groups: ['y', 'z'] }, { strictGroups: true }, { groups: ['x'], always: true }, { groups: ['z'], strictGroups: true }]; // prettier-ignore
    const options = (): Options | undefined => pick<() => Options | undefined>([() => undefined, () => ({ groups: some(['x', 'y'], 2) }), () => ({ always: true }), () => ({ always: false, groups: ['x'] }), () => ({ each: true }), () => ({ message: () => 'as said' }), () => ({ validateIf: (object) => (object as { b?: unknown }).b !== 1 })])(); // prettier-ignore
    for (let round = 0; round < 300; round += 1) {
      const Base = subject();
      class Middle extends Base {}
      class Subject extends Middle {}
      for (const type of [Base, Middle, Subject])
        for (const property of some(names, 4)) for (const make of some(makes, 3)) make(options())(type.prototype, property); // prettier-ignore
      const chosen = pick(groups);
      const rules = compiledOf(Subject, chosen);
      for (let row = 0; row < 20; row += 1) {
        const object = Object.assign(new Subject(), Object.fromEntries(some(names, 5).map((property) => [property, pick(VALUES)]))); // prettier-ignore
        try {
          compare(Subject, object, chosen, rules);
        } catch (error) {
          throw new Error(`seed ${seed}, round ${round}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
  });

  it('look at nothing that is missing, where it may be or where it is a patch', () => {
    class Subject {
      @library.IsDefined() @library.ValidateIf(() => { throw new Error('asked'); }) a?: number; // prettier-ignore
    }
    const rules = compileRules(storage, 'Subject', notesOf(storage, Subject, {}), (property) => property === 'a');
    expect(rules?.(new Subject(), false)).to.equal('kept');
    expect(compiledOf(Subject)(new Subject(), true)).to.equal('kept');
    expect(() => compiledOf(Subject)(new Subject(), false))
      .to.throw('a rule threw')
      .with.property('property', 'a');
  });

  it('are left to the library where an object, a promise or an async validator is judged, and are unsure of a promise they meet', () => {
    class Nested {
      @library.ValidateNested() a?: object;
    }
    class Promised {
      @library.ValidatePromise() a?: Promise<unknown>;
    }
    class Declared {
      @ValidateBy({ name: 'later', validator: { validate: () => true }, async: true }) a?: number;
    }
    library.registerDecorator({ name: 'l', target: Declared, propertyName: 'b', async: true, validator: { validate: () => true } }); // prettier-ignore
    @library.ValidatorConstraint({ name: 'written' })
    class Later {
      async validate(): Promise<boolean> {
        return Promise.resolve(false);
      }
    }
    class Written {
      @library.Validate(Later) a?: number;
    }
    for (const type of [Nested, Promised, Declared, Written])
      expect(
        compileRules(storage, type.name, notesOf(storage, type, {}), () => false),
        type.name,
      ).to.equal(undefined);
    class Met {
      @ValidateBy({ name: 'met', validator: { validate: () => Promise.resolve(false) as never } }) a = 1;
      @ValidateBy({ name: 'each', validator: { validate: () => Promise.resolve(true) as never } }, { each: true }) b = [1]; // prettier-ignore
    }
    expect(compiledOf(Met)(new Met(), false)).to.equal('unsure');
  });
});
