// Values that a type must refuse, at random, with what must be said of each. Not here: values that fit (arbitraries.ts).
import * as fc from 'fast-check';
import { array, enumOf, json, list, map, struct, union, type As, type ColumnType } from '@mysingle/database';
import { nameOf } from './arbitraries.js';

/** In every text of a refused value, and in no message. */
export const SECRET = 's3cr3t';

/** A value, and what the message says of it. */
export interface Refused {
  readonly value: unknown;
  readonly why: RegExp;
}

/** A type and what it refuses. */
export interface RefusalCase {
  readonly name: string;
  readonly type: ColumnType;
  readonly as?: As;
  readonly refused: fc.Arbitrary<Refused>;
  /** values just beyond what fits, and one of each kind that is none of the type */
  readonly edges: readonly Refused[];
}

/** One value of each kind there is, by its name in messages. */
const KINDS: readonly (readonly [kind: string, value: unknown])[] = [
  ['a string', SECRET],
  ['an integer', 7_654_321],
  ['a fraction', 7654.321],
  ['NaN', Number.NaN],
  ['an infinity', Infinity],
  ['an infinity', -Infinity],
  ['a bigint', 7_654_321n],
  ['a boolean', true],
  ['a symbol', Symbol(SECRET)],
  ['a function', () => SECRET],
  ['a Date', new Date(7_654_321)],
  ['an invalid Date', new Date(Number.NaN)],
  ['an array', [SECRET]],
  ['an object', { [SECRET]: SECRET }],
  ['an object', Object.create(null)],
  ['a Map', new Map([[SECRET, SECRET]])],
  ['a Set', new Set([SECRET])],
  ['a Uint8Array', Uint8Array.of(7)],
  ['a Float64Array', Float64Array.of(7)],
  ['a String', Object(SECRET)],
  ['a RegExp', /s3cr3t/],
  ['a Promise', Promise.resolve(SECRET)],
];

/** Values at random; those among them that are few enough to be all tried. */
interface Part {
  readonly values: fc.Arbitrary<Refused>;
  readonly edges: readonly Refused[];
}

const few = (edges: readonly Refused[]): Part => ({ values: fc.constantFrom(...edges), edges });

/** Every kind of value but these. */
const kinds = (...but: readonly string[]): Part =>
  few(
    KINDS.filter(([kind]) => !but.includes(kind)).map(([kind, value]) => ({
      value,
      why: new RegExp(`got ${kind}\\b`),
    })),
  );

const because = (why: RegExp, values: fc.Arbitrary<unknown>): Part => ({
  values: values.map((value) => ({ value, why })),
  edges: [],
});
const each = (why: RegExp, ...values: readonly unknown[]): Part => few(values.map((value) => ({ value, why })));

const refuse = (type: ColumnType, as: As | undefined, ...parts: readonly Part[]): RefusalCase => ({
  name: nameOf(type, as),
  type,
  ...(as === undefined ? {} : { as }),
  refused: fc.oneof(...parts.map(({ values }) => values)),
  edges: parts.flatMap(({ edges }) => edges),
});

const fractions = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value));
const NUMBERS = ['an integer', 'a fraction', 'NaN', 'an infinity'];

const integer = (type: ColumnType, min: number, max: number): RefusalCase =>
  refuse(
    type,
    undefined,
    kinds('an integer'),
    each(/holds .* to .*, got an integer outside/, max + 1, min - 1, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53),
    because(/got an integer outside/, fc.integer({ min: max + 1, max: Number.MAX_SAFE_INTEGER })),
    because(/expects an integer, got a fraction/, fractions),
  );

const big = (type: ColumnType, min: bigint, max: bigint): readonly RefusalCase[] => [
  refuse(
    type,
    undefined,
    kinds('an integer', 'a bigint'),
    each(/holds .* to .*, got an integer outside/, max + 1n, min - 1n, max * 3n, -max * 3n),
    each(/a bigint or a safe integer, got an integer/, 2 ** 53, -(2 ** 53), 1e300),
    because(/got a fraction/, fractions),
  ),
  refuse(
    type,
    'number',
    kinds('an integer', 'a bigint'),
    each(/safe integer, got an integer/, 2 ** 53, -(2 ** 53), 1e300),
    // what the property could not hold when it is read
    each(/safe integer, got a bigint/, 2n ** 53n, 2n ** 62n),
  ),
];

const SURROGATES = fc
  .tuple(fc.string(), fc.integer({ min: 0xd800, max: 0xdfff }), fc.string())
  .map(([before, lone, after]) => `${SECRET}${before}${String.fromCharCode(lone)}${after}`)
  .filter((text) => !text.isWellFormed());

/** Text that begins with the secret is no number, date, time, UUID or anything. */
const prose = fc.string().map((text) => SECRET + text);

const decimal = (type: ColumnType, width: number, scale: number): readonly RefusalCase[] => [
  refuse(
    type,
    undefined,
    kinds('a string'),
    because(/a decimal number as text, such as '12.50', got a string/, prose),
    each(/a decimal number as text/, '', '.', '-', '1,5', ' 1', '1 ', '0x10', 'NaN', 'Infinity', '1e', '--1', '1_000', '١'), // prettier-ignore
    each(/decimal places, got more/, `0.${'0'.repeat(scale)}1`, `1e-${scale + 1}`, `-0.${'9'.repeat(scale + 1)}`),
    each(/digits before the point, got more/, `1${'0'.repeat(width - scale)}`, `-1e${width - scale}`, '1e400'),
  ),
  refuse(
    type,
    'number',
    kinds('an integer', 'a fraction'),
    each(/decimal places, got more/, 1 / 3, 10 ** -(scale + 1)),
    each(/digits before the point, got more/, 10 ** (width - scale), -(10 ** (width - scale)), 1e300),
  ),
];

const invalid = new Date(Number.NaN);
const clockless = ['24:00:01', '25:00:00', '12:60:00', '12:00:60', '24:00:00.000001'];
const dayless = ['2023-02-29', '2024-00-01', '2024-13-01', '2024-01-00', '2024-02-30', '1900-02-29', '0000-01-01 (BC)'];
const dateless = [
  '24-01-01',
  '2024-1-1',
  '2024/01/01',
  '',
  ' 2024-01-01',
  '2024-01-01 ',
  '-2024-01-01',
  'today',
  '٢٠٢٤-01-01',
];

const instant = (type: ColumnType, unit: number, zoned: boolean): readonly RefusalCase[] => [
  refuse(
    type,
    undefined,
    kinds('a Date'),
    ...(unit > 1000 ? [because(/holds whole seconds, got a part of one/, fc.integer({ min: 1, max: 999 }).map((ms) => new Date(ms)))] : []), // prettier-ignore
  ),
  refuse(
    type,
    'bigint',
    kinds('a bigint'),
    each(/outside the range of timestamps/, 2n ** 63n, -(2n ** 63n), 2n ** 100n),
    ...(unit > 1 ? [each(/holds whole (?:milli)?seconds, got a part of one/, 1n, -1n, 1_000_001n)] : []),
  ),
  refuse(
    type,
    'string',
    kinds('a string'),
    because(/a date and time as text, .* got a string/, prose),
    each(
      /a date and time as text/,
      ...dateless,
      '2024-01-01 12',
      '2024-01-01x12:00',
      '2024-01-01 12:00+9',
      '2024-01-01 1:00',
    ),
    each(/a day that is in no calendar/, ...dayless, ...dayless.map((day) => `${day} 12:00:00`)),
    each(/a time that is on no clock/, ...clockless.map((clock) => `2024-01-01 ${clock}`)),
    each(/decimal places of a second, got more/, '2024-01-01 12:00:00.0000001'),
    each(/outside the range of timestamps/, '294248-01-01', '300000-01-01 00:00:00', '290310-01-01 (BC)'),
    zoned
      ? each(/an offset that is on no clock/, '2024-01-01 12:00+09:60', '2024-01-01 12:00-00:00:99')
      : each(/has no time zone/, '2024-01-01 12:00:00+09', '2024-01-01 12:00:00+00'),
    ...(unit > 1 ? [each(/a part of one/, '2024-01-01 12:00:00.000001')] : []),
  ),
];

const span = (of: object): object => ({ months: 0, days: 0, micros: 0n, ...of });
const I64 = 2n ** 63n;

const whole = { a: 1, b: 'x' };
const CYCLE: { self?: unknown } = {};
CYCLE.self = CYCLE;

export const REFUSALS: readonly RefusalCase[] = [
  refuse('boolean', undefined, kinds('a boolean')),
  integer('tinyint', -128, 127),
  integer('smallint', -32_768, 32_767),
  integer('integer', -2_147_483_648, 2_147_483_647),
  integer('utinyint', 0, 255),
  integer('usmallint', 0, 65_535),
  integer('uinteger', 0, 4_294_967_295),
  ...big('bigint', -I64, I64 - 1n),
  ...big('ubigint', 0n, 2n * I64 - 1n),
  ...big('hugeint', -(2n ** 127n), 2n ** 127n - 1n),
  ...big('uhugeint', 0n, 2n ** 128n - 1n),
  refuse('float', undefined, kinds(...NUMBERS), each(/outside the range of float/, 3.4028235677973366e38, -3.4028235677973366e38, 1e39, Number.MAX_VALUE)), // prettier-ignore
  refuse('double', undefined, kinds(...NUMBERS)),
  ...decimal('decimal(4,1)', 4, 1),
  ...decimal('decimal(18,4)', 18, 4),
  ...decimal('decimal(9,9)', 9, 9),
  refuse('varchar', undefined, kinds('a string'), because(/a lone surrogate/, SURROGATES)),
  refuse('uuid', undefined, kinds('a string'), because(/a UUID as text, got another string/, prose), each(/a UUID as text/, '', '01890a5dac96774bbcceb302099a8057', '{01890a5d-ac96-774b-bcce-b302099a8057}', '01890a5d-ac96-774b-bcce-b302099a805', 'g1890a5d-ac96-774b-bcce-b302099a8057')), // prettier-ignore
  refuse('bit', undefined, kinds('a string'), because(/bits as text, such as '10101', got another string/, prose), each(/bits as text/, '', '012', ' 1', '1\n')), // prettier-ignore
  refuse('blob', undefined, kinds('a Uint8Array'), each(/a Uint8Array, got a (?:ArrayBuffer|DataView|Uint16Array)/, new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), new Uint16Array(1))), // prettier-ignore
  refuse('date', undefined, kinds('a Date'), because(/at UTC midnight, got one with a time of day/, fc.integer({ min: 1, max: 86_399_999 }).map((ms) => new Date(ms - 86_400_000)))), // prettier-ignore
  refuse('date', 'string', kinds('a string'), because(/a date as text, such as '2024-02-29', got a string/, prose), each(/a date as text/, ...dateless, '2024-01-01 00:00:00', '2024-01-01T00:00:00Z'), each(/a day that is in no calendar/, ...dayless), each(/outside the range of dates/, '5881580-07-11', '5877642-06-24 (BC)', '9999999-12-31')), // prettier-ignore
  ...instant('timestamp', 1, false),
  ...instant('timestamp_s', 1_000_000, false),
  ...instant('timestamp_ms', 1000, false),
  ...instant('timestamptz', 1, true),
  refuse('timestamp_ns', undefined, kinds('a string'), because(/a date and time as text/, prose), each(/years 1677 to 2262/, '2262-04-11 23:47:16.854775807', '2300-01-01', '1677-09-21 23:59:59.999999999', '0044-03-15 (BC)'), each(/has no time zone/, '2024-01-01 12:00:00+09')), // prettier-ignore
  refuse('timestamp_ns', 'bigint', kinds('a bigint'), each(/years 1677 to 2262/, I64, -I64, -9_223_286_400_000_000_001n)), // prettier-ignore
  refuse('time', undefined, kinds('a string'), because(/a time as text/, prose), each(/on no clock/, ...clockless), each(/a time as text/, '', '1:00', '12', '12:00+09', '12:00:00.1234567890'), each(/6 decimal places/, '12:00:00.0000001')), // prettier-ignore
  refuse('time', 'bigint', kinds('a bigint'), each(/microseconds of one day, got more or less/, -1n, 86_400_000_001n, I64)),
  refuse('timetz', undefined, kinds('a string'), because(/with its offset as text|a time as text/, prose), each(/offset/, '12:00', '12:00:00+1', '12:00+16:00', '12:00-15:59:60', '12:00+09:75')), // prettier-ignore
  refuse('timetz', 'bigint', kinds('a bigint'), each(/microseconds of one day, got more or less/, -1n, 86_400_000_001n)),
  refuse('interval', undefined, kinds(), each(/\{ months, days, micros \} with whole months and days/, span({ months: 1.5 }), span({ days: 2 ** 31 }), span({ months: -(2 ** 31) - 1 }), span({ micros: 1 }), span({ micros: undefined }), span({ [SECRET]: 1 }), span({ days: '1' })), each(/holds 64 bits of micros/, span({ micros: I64 }), span({ micros: -I64 - 1n }))), // prettier-ignore
  refuse(json(), undefined,
    because(/lone surrogate/, SURROGATES),
    each(/no NaN/, Number.NaN, [Number.NaN], { a: Number.NaN }),
    each(/no infinity/, Infinity, [[-Infinity]]),
    each(/no bigint/, 1n, { a: [1n] }),
    each(/undefined in a list/, [undefined], { a: [1, undefined] }),
    each(/an invalid Date/, invalid, [invalid], { at: invalid }),
    each(/a cycle/, CYCLE, [CYCLE]),
    each(/lose a Map/, new Map(), { m: new Map([[SECRET, 1]]) }),
    each(/lose a (?:Set|Uint8Array|Float64Array|Promise|RegExp|ArrayBuffer)/, new Set(), Uint8Array.of(1), Float64Array.of(1), Promise.resolve(1), /x/, { b: new ArrayBuffer(1) }),
    each(/no (?:function|symbol)/, () => SECRET, Symbol(SECRET), { f: () => 1 }),
  ),
  refuse(enumOf('refusing', ['queued', 'done']), undefined, kinds('a string'), because(/one of 'queued', 'done', got another string/, prose), each(/got another string/, '', 'QUEUED', ' done')), // prettier-ignore
  refuse(list('integer'), undefined, kinds('an array', 'a Uint8Array', 'a Float64Array'), each(/item 2 expects an integer, got a string/, [1, 2, SECRET]), each(/item 0 expects an integer, got undefined/, [undefined], Array.from({ length: 2 })), each(/item 1 .*outside/, [1, 2 ** 31]), each(/item 1 expects an integer, got a fraction/, Float64Array.of(1, 1.5)), each(/an array, got a DataView/, new DataView(new ArrayBuffer(8)))), // prettier-ignore
  refuse(list(list('decimal(4,1)')), undefined, each(/item 1 item 0 holds 1 decimal places/, [[], ['1.25']]), each(/item 0 expects an array, got a string/, [SECRET])), // prettier-ignore
  refuse(array('double', 2), undefined, kinds('an array', 'a Uint8Array', 'a Float64Array'), each(/holds 2 items, got 1/, [1], Float64Array.of(1)), each(/holds 2 items, got 3/, [1, 2, 3]), each(/holds 2 items, got 0/, []), each(/item 1 expects a number/, [1, SECRET])), // prettier-ignore
  refuse(struct({ a: 'integer', b: 'varchar' }), undefined,
    kinds('an array', 'an object', 'a Date', 'an invalid Date', 'a Map', 'a Set', 'a Uint8Array', 'a Float64Array', 'a String', 'a RegExp', 'a Promise'),
    each(/an object, got an array/, [1, 'x']),
    each(/its member 'b', which is missing/, { a: 1 }, { a: 1, b: undefined }),
    each(/its member 'a', which is missing/, {}, Object.create(whole), new Date(0), new Map([['a', 1]])),
    each(/has no member "c"/, { ...whole, c: 1 }),
    each(/member 'a' expects an integer, got a string/, { ...whole, a: SECRET }),
  ),
  refuse(map('varchar', 'integer'), undefined, kinds('a Map'), each(/key 0 expects a string, got an integer/, new Map([[1, 1]])), each(/value 1 expects an integer, got a string/, new Map<string, unknown>([['a', 1], ['b', SECRET]])), each(/key 0 is missing/, new Map([[null, 1]]), new Map([[undefined, 1]])), each(/value 0 .*undefined/, new Map([['a', undefined]]))), // prettier-ignore
  refuse(map('decimal(4,1)', 'integer'), undefined, each(/key 1 is the same as one before it/, new Map([['1', 1], ['1.0', 2]]), new Map([['0', 1], ['-0', 2]]))), // prettier-ignore
  refuse(union({ n: 'integer', t: 'varchar' }), undefined,
    kinds(),
    each(/a tag of 'n', 't', got an object/, { tag: SECRET, value: 1 }, { tag: 'N', value: 1 }, { tag: 'n' }, { value: 1 }, { tag: 'n', value: undefined }),
    each(/member 'n' expects an integer, got a string/, { tag: 'n', value: SECRET }),
    each(/member 't' expects a string, got an integer/, { tag: 't', value: 7_654_321 }),
  ),
  refuse(list(struct({ m: map('varchar', union({ x: 'date' })) })), undefined, each(/item 1 member 'm' value 0 member 'x' expects a Date at UTC midnight/, [{ m: null }, { m: new Map([['k', { tag: 'x', value: new Date(1) }]]) }])), // prettier-ignore
]; // prettier-ignore
