// One arbitrary per type that needs no other and per `as` variant: what goes in, and what must come back. The edges of each
// come up often. Not here: types made of others (nested-arbitraries.ts), values that must be refused (refusals.ts).
import * as fc from 'fast-check';
import { enumOf, json, type As, type ColumnType } from '@mysingle/database';

/** A value as it is given, and as it comes back. */
export interface Pair {
  readonly given: unknown;
  readonly stored: unknown;
}

/** A column type with its values. */
export interface TypeCase {
  readonly name: string;
  readonly type: ColumnType;
  readonly as?: As;
  readonly pairs: fc.Arbitrary<Pair>;
  /**
   * what `where: { property: value }` finds: `exact` rows of an equal value and no others; `includes` at least those (DuckDB's
   * equality is wider: 30 days are a month); `refused`: the type has no such condition; `unknown`: it is not asked
   */
  readonly where: 'exact' | 'includes' | 'refused' | 'unknown';
}

const same = (value: unknown): Pair => ({ given: value, stored: value });

/** `edges` come up as often as all else. */
const edged = <T>(edges: readonly T[], others: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...edges) }, { weight: 1, arbitrary: others });

/** Pairs of values that come back as they are, and of `variants`: other ways to give a value. */
const pairs = <T>(values: fc.Arbitrary<T>, variants: readonly Pair[] = []): fc.Arbitrary<Pair> =>
  variants.length === 0
    ? values.map(same)
    : fc.oneof({ weight: 4, arbitrary: values.map(same) }, { weight: 1, arbitrary: fc.constantFrom(...variants) });

/** The name of a type in messages, with its variant. */
export const nameOf = (type: ColumnType, as?: As): string =>
  (typeof type === 'string' ? type : type.kind) + (as === undefined ? '' : ` as ${as}`);

const scalar = (type: ColumnType, of: fc.Arbitrary<Pair>, rest: Partial<TypeCase> = {}): TypeCase => ({
  name: nameOf(type, rest.as),
  type,
  pairs: of,
  where: 'exact',
  ...rest,
});

const integer = (type: ColumnType, min: number, max: number): TypeCase =>
  scalar(type, pairs(edged([min, max, 0, 1, min + 1, max - 1], fc.integer({ min, max })), [{ given: -0, stored: 0 }]));

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const [I64, I128] = [2n ** 63n, 2n ** 127n];

function big(type: ColumnType, min: bigint, max: bigint): readonly TypeCase[] {
  const all = edged([min, max, 0n, 1n, min + 1n, max - 1n, SAFE, SAFE + 1n], fc.bigInt({ min, max }));
  const least = min === 0n ? 0 : Number.MIN_SAFE_INTEGER;
  const safe = edged([least, Number.MAX_SAFE_INTEGER, 0, 1], fc.integer({ min: least, max: Number.MAX_SAFE_INTEGER }));
  return [
    scalar(type, fc.oneof({ weight: 4, arbitrary: all.map(same) }, safe.map((n) => ({ given: n, stored: BigInt(n) })))), // prettier-ignore
    scalar(type, pairs(safe, [{ given: 7n, stored: 7 }]), { as: 'number' }),
  ];
}

const SPECIAL = [0, -0, Number.NaN, Infinity, -Infinity, 1, -1, 0.1, 1.5];
const DOUBLES = [...SPECIAL, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, -5e-324, 2.2250738585072014e-308, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 1e20, 1e21, 2 ** 128]; // prettier-ignore
const FLOATS = [...SPECIAL.map(Math.fround), 3.4028234663852886e38, -3.4028234663852886e38, 1.401298464324817e-45, 1.1754943508222875e-38]; // prettier-ignore
/** from here on float32 rounds to infinity, which is no value that was given */
const FLOAT_LIMIT = 3.4028235677973362e38;

/** Doubles, NaN, the infinities and -0 among them. */
export const doubles = edged(DOUBLES, fc.double());
const floats: fc.Arbitrary<Pair> = fc.oneof(
  edged(FLOATS, fc.float()).map(same),
  fc
    .double({ min: -FLOAT_LIMIT, max: FLOAT_LIMIT, noNaN: true })
    .map((given) => ({ given, stored: Math.fround(given) })),
);

/** `decimal(width,scale)`: digits as text, written in all the ways that text may be. */
function decimal(type: ColumnType, width: number, scale: number): readonly TypeCase[] {
  const max = 10n ** BigInt(width) - 1n;
  const digits = edged([0n, 1n, -1n, max, -max, 10n ** BigInt(scale), 10n ** BigInt(width - 1)].map((n) => (n > max ? max : n)), fc.bigInt({ min: -max, max })); // prettier-ignore
  const text = digits.map((value) => decimalText(value, scale));
  const written = fc.tuple(digits, fc.integer({ min: 0, max: 3 })).map(([value, way]): Pair => {
    const stored = decimalText(value, scale);
    const [whole = '', part = ''] = stored.split('.');
    const given = [
      value < 0n ? stored : `+${stored}`,
      `${whole}.${part}000`,
      `${value}e-${scale}`,
      stored.replace(/^(-?)0(?=\.)/, '$1').replace(/(\.\d*?)0+$/, '$1'),
    ][way] as string;
    return { given: /\d/.test(given) ? given : stored, stored };
  });
  return [scalar(type, fc.oneof({ weight: 2, arbitrary: text.map(same) }, { weight: 1, arbitrary: written }))];
}

function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return value < 0n ? `-${text}` : text;
}

/** Decimals as numbers: whatever a number writes with the digits there are. */
function decimalNumber(type: ColumnType, width: number, scale: number): TypeCase {
  // up to 15 digits every decimal number is a number of its own
  const max = 10 ** Math.min(width, 15) - 1;
  const values = edged([0, 1, -1, max, -max], fc.integer({ min: -max, max })).map((n) => Number(`${n}e-${scale}`));
  return scalar(
    type,
    values.map((n) => ({ given: n, stored: n === 0 ? 0 : n })),
    { as: 'number' },
  );
}

const TEXTS = ['', ' ', 'NULL', 'null', "it's", '"', '\\', '\0', 'a\0b', '\n\r\t', '$1', '{}', '[', 'ü語😀', 'e\u0301', 'a\u{feff}', '\u{10ffff}', '\u{fffd}', '\u202e', "'); drop table x; --", '/*', '__proto__', 'x'.repeat(12), 'x'.repeat(13), '語'.repeat(4), 'y'.repeat(5000)]; // prettier-ignore
const MARKED = ['\u{feff}', '\u{feff}a', '\u{feff}\u{feff}'];

/** Unicode text: short enough for DuckDB to keep within its vectors, and longer. */
export const texts: fc.Arbitrary<string> = edged(
  [...TEXTS, ...MARKED],
  fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.string()),
);

const hex = (value: bigint): string => value.toString(16).padStart(32, '0').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'); // prettier-ignore
/** UUIDs of any bits, not of real versions alone. */
export const uuids: fc.Arbitrary<string> = edged([0n, 2n ** 128n - 1n, 2n ** 127n, 2n ** 127n - 1n, 1n], fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })).map(hex); // prettier-ignore

const bits = edged(['0', '1', '00000000', '11111111', '000000001', '1'.repeat(64), '0'.repeat(65), '10'.repeat(200)], fc.string({ unit: fc.constantFrom('0', '1'), minLength: 1, maxLength: 80 })); // prettier-ignore

/** Bytes, as they are or as a Buffer or a part of something longer. */
export const bytes: fc.Arbitrary<Uint8Array> = edged(
  [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(255, 254, 0, 10, 39, 92), new Uint8Array(5000).fill(7), Uint8Array.from(Buffer.from('\\x00'))],
  fc.uint8Array({ maxLength: 40 }),
); // prettier-ignore
const blobs = fc.tuple(bytes, fc.integer({ min: 0, max: 4 })).map(([stored, way]): Pair => {
  if (way === 0) return { given: Buffer.from(stored), stored };
  if (way === 1) return { given: Uint8Array.of(9, ...stored, 9).subarray(1, stored.length + 1), stored };
  return same(stored);
});

const DAY = 86_400_000;
const LAST = 8_640_000_000_000_000; // the last Date
const MOMENTS = [0, 1, -1, 999, -999, -62_135_596_800_000, -62_135_596_800_001, -62_167_219_200_000, 253_402_300_799_999, 951_782_400_000, -2_208_988_800_000, 1_730_008_800_000, LAST, -LAST]; // prettier-ignore

/** Dates from the first to the last there is, BC and hours of clock changes among them. */
export const moments = edged(
  MOMENTS,
  fc.oneof(fc.integer({ min: -LAST, max: LAST }), fc.integer({ min: 0, max: 4e12 })),
);
/** Dates at UTC midnight. */
export const days: fc.Arbitrary<Date> = moments.map((ms) => new Date(Math.max(Math.floor(ms / DAY) * DAY, -LAST)));
const dates = (unit: number): fc.Arbitrary<Date> => moments.map((ms) => new Date(Math.trunc(ms / unit) * unit));

const two = (part: number): string => String(part).padStart(2, '0');

/** Days as text, put together of parts, so that nothing is computed: up to these years, and BC. */
const dayTexts = (years: number, yearsBc: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.boolean(),
      fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: years })),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 28 }),
    )
    .map(([bc, year, month, day]) => {
      const text = String(bc ? Math.min(year, yearsBc) : year).padStart(4, '0');
      return `${text}-${two(month)}-${two(day)}${bc ? ' (BC)' : ''}`;
    });

/** Times of day as text, with up to so many decimals. */
const clockTexts = (decimals: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 59 }),
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 ** decimals - 1 })),
    )
    .map(([h, m, s, part]) => {
      const fraction = decimals === 0 ? '' : String(part).padStart(decimals, '0').replace(/0+$/, '');
      return `${two(h)}:${two(m)}:${two(s)}${fraction === '' ? '' : `.${fraction}`}`;
    });

/** Instants as text: of all years that DuckDB's timestamps have. */
const stampTexts = (decimals: number): fc.Arbitrary<string> =>
  fc.tuple(dayTexts(294_246, 290_308), clockTexts(decimals)).map((parts) => parts.join(' '));

const MICROS_MIN = -9_223_372_022_400_000_000n;
const micros = (unit: bigint): fc.Arbitrary<bigint> =>
  edged([0n, 1n, -1n, I64 - 1n, 1n - I64, I64 - 2n, MICROS_MIN, 1_709_210_096_789_123n, 253_402_300_800_000_000n], fc.bigInt({ min: MICROS_MIN, max: I64 - 2n })).map((count) => (count === I64 - 1n || count === 1n - I64 ? count : (count / unit) * unit)); // prettier-ignore

/** The type of an instant: as a Date, its micros, its text; `zone` ends the text where it has one. */
function instant(type: ColumnType, unit: number, decimals: number, zone = ''): readonly TypeCase[] {
  const text = edged(
    ['1970-01-01 00:00:00', '0001-01-01 00:00:00', '0001-12-31 (BC) 23:59:59', '0044-03-15 (BC) 00:00:00', '2024-02-29 12:34:56', '12024-01-01 00:00:00', '294247-01-10 04:00:54', '290309-12-22 (BC) 00:00:00'],
    stampTexts(decimals),
  ).map((each) => each + zone); // prettier-ignore
  // other ways to write a time that DuckDB, too, has for the years of four digits
  const written = fc.tuple(fc.integer({ min: 0, max: 253_402_214_400 }), fc.integer({ min: -15, max: 15 }), fc.boolean()).map(([seconds, hours, marked]): Pair => {
    const at = (offset: number): string => new Date((seconds + offset) * 1000).toISOString().slice(0, 19);
    const stored = at(0).replace('T', ' ') + zone;
    if (zone === '' || marked) return { given: `${at(0)}Z`, stored };
    return { given: `${at(hours * 3600)}.000${hours < 0 ? '-' : '+'}${two(Math.abs(hours))}:00`, stored };
  }); // prettier-ignore
  return [
    scalar(type, pairs(dates(unit / 1000))),
    scalar(type, pairs(micros(BigInt(unit))), { as: 'bigint' }),
    scalar(type, fc.oneof({ weight: 3, arbitrary: text.map(same) }, { weight: 1, arbitrary: written }), {
      as: 'string',
    }),
  ];
}

const NANOS_MIN = -9_223_286_400_000_000_000n;
const DAY_MICROS = 86_400_000_000n;
const ZONES = [['+00', '+00'], ['Z', '+00'], ['+09', '+09'], ['-05:30', '-05:30'], ['+0545', '+05:45'], ['+15:59:59', '+15:59:59'], ['-15:59:59', '-15:59:59'], ['-00:00:01', '-00:00:01']] as const; // prettier-ignore
const zoneClocks = fc
  .tuple(edged(['00:00:00', '23:59:59.999999', '24:00:00'], clockTexts(6)), fc.constantFrom(...ZONES))
  .map(([clock, [given, stored]]): Pair => ({ given: clock + given, stored: clock + stored }));
const dayMicros = edged([0n, 1n, DAY_MICROS - 1n, DAY_MICROS], fc.bigInt({ min: 0n, max: DAY_MICROS }));
const int32 = edged([0, 1, -1, 2 ** 31 - 1, -(2 ** 31)], fc.integer());
const intervals = fc.record({
  months: int32,
  days: int32,
  micros: edged([0n, 1n, -1n, I64 - 1n, -I64], fc.bigInt({ min: -I64, max: I64 - 1n })),
}, { noNullPrototype: true }); // prettier-ignore

const NANO_TEXTS = ['1677-09-22 00:00:00', '2262-04-11 23:47:16.854775806', '1970-01-01 00:00:00.000000001', '1969-12-31 23:59:59.999999999']; // prettier-ignore
const nanoTexts = fc
  .tuple(fc.integer({ min: 1678, max: 2261 }), dayTexts(1, 1), clockTexts(9))
  .map(([year, day, clock]) => `${year}${day.slice(4, 10)} ${clock}`);

const DOCUMENTS: readonly unknown[] = [0, 1.5, 1e300, 5e-324, 2 ** 53, '', '"', '\0', '\u{feff}', true, false, [], {}, [[], {}], { a: null }, [null], { '': 1 }, { 'k"\n': '\\' }, { ['__proto__']: 1 }, { b: 1, a: 2 }, 'ü語😀\u2028', JSON.parse('{"__proto__":{"x":1}}')]; // prettier-ignore
/** JSON documents, without null at the top: that is SQL NULL in a nullable column. */
export const documents: fc.Arbitrary<unknown> = edged(DOCUMENTS, fc.jsonValue({ maxDepth: 3, noUnicodeString: false }).filter((value) => value !== null)); // prettier-ignore
/** What JSON makes of a value: -0 is 0, undefined members are none, a Date its text. */
const written = (given: unknown): Pair => ({ given, stored: JSON.parse(JSON.stringify(given)) as unknown });
const LOOSE = [{ a: undefined, b: 1 }, { n: -0 }, { at: new Date(0) }, [Object.assign(Object.create(null) as object, { x: 1 })]]; // prettier-ignore

export const STATES = ['queued', "do'ne", 'a,b', 'é "x"', 'NULL', 'x'.repeat(40)] as const;
const MANY = Array.from({ length: 300 }, (_each, n) => `value ${n}`);

/** One or more for each row of the type table that needs no other type. */
export const SCALAR_CASES: readonly TypeCase[] = [
  scalar('boolean', pairs(fc.boolean())),
  integer('tinyint', -128, 127),
  integer('smallint', -32_768, 32_767),
  integer('integer', -2_147_483_648, 2_147_483_647),
  integer('utinyint', 0, 255),
  integer('usmallint', 0, 65_535),
  integer('uinteger', 0, 4_294_967_295),
  ...big('bigint', -I64, I64 - 1n),
  ...big('ubigint', 0n, 2n * I64 - 1n),
  ...big('hugeint', -I128, I128 - 1n),
  ...big('uhugeint', 0n, 2n * I128 - 1n),
  scalar('float', floats),
  scalar('double', pairs(doubles)),
  ...decimal('decimal', 18, 3),
  ...decimal('decimal(4,1)', 4, 1),
  ...decimal('decimal(9,9)', 9, 9),
  ...decimal('decimal(18,4)', 18, 4),
  ...decimal('decimal(38,10)', 38, 10),
  ...decimal('decimal(38,0)', 38, 0),
  ...decimal('decimal(38,38)', 38, 38),
  decimalNumber('decimal(4,1)', 4, 1),
  decimalNumber('decimal(9,9)', 9, 9),
  decimalNumber('decimal(18,4)', 18, 4),
  decimalNumber('decimal(38,10)', 38, 10),
  scalar('varchar', pairs(texts)),
  scalar('uuid', fc.tuple(uuids, fc.boolean()).map(([stored, upper]) => ({ given: upper ? stored.toUpperCase() : stored, stored }))), // prettier-ignore
  scalar('bit', pairs(bits)),
  scalar('blob', blobs),
  scalar('date', pairs(days)),
  scalar('date', pairs(edged(['infinity', '-infinity', '1970-01-01', '2024-02-29', '9999-12-31', '0001-01-01', '0001-12-31 (BC)', '5881580-07-10', '5877642-06-25 (BC)'], dayTexts(5_881_579, 5_877_641))), { as: 'string' }), // prettier-ignore
  ...instant('timestamp', 1, 6),
  ...instant('timestamp_s', 1_000_000, 0),
  ...instant('timestamp_ms', 1000, 3),
  ...instant('timestamptz', 1, 6, '+00'),
  scalar('timestamp_ns', pairs(edged(NANO_TEXTS, nanoTexts), [{ given: '2024-02-29T12:30Z', stored: '2024-02-29 12:30:00' }])), // prettier-ignore
  scalar('timestamp_ns', pairs(edged([0n, 1n, -1n, I64 - 1n, 1n - I64, I64 - 2n, NANOS_MIN], fc.bigInt({ min: NANOS_MIN, max: I64 - 2n }))), { as: 'bigint' }), // prettier-ignore
  scalar('time', pairs(edged(['00:00:00', '23:59:59.999999', '24:00:00'], clockTexts(6)), [{ given: '12:30', stored: '12:30:00' }])), // prettier-ignore
  scalar('time', pairs(dayMicros), { as: 'bigint' }),
  scalar('timetz', zoneClocks, { where: 'includes' }),
  scalar('timetz', pairs(dayMicros), { as: 'bigint', where: 'includes' }),
  scalar('interval', pairs(intervals), { where: 'includes' }),
  scalar(json(), fc.oneof({ weight: 5, arbitrary: documents.map(written) }, { weight: 1, arbitrary: fc.constantFrom(...LOOSE).map(written) }), { where: 'refused' }), // prettier-ignore
  scalar(enumOf('round_state', STATES), pairs(fc.constantFrom(...STATES))),
  scalar(enumOf('round_many', MANY), pairs(fc.constantFrom(...MANY))),
];
