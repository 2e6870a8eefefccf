import { Exclude, Expose, Transform } from 'class-transformer';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { toJsonSerializable } from '@mysingle/database';
import { failure } from './support/failure.js';

class Fee {
  @Expose({ name: 'fee_amount' }) amount = 5n;
  @Exclude() secret = 's3cr3t';
  @Transform(({ value }) => `<${String(value)}>`) tag = 'x';
  plain = new Map([['k', 1n]]);
}

class Order {
  @Expose() get total(): number {
    return 42;
  }
  at = new Date(0);
  fee = new Fee();
  fees = [new Fee()];
  price = new Decimal('1.500');
  #hidden = 1;
  use(): number {
    return this.#hidden;
  }
}

@Exclude()
class Closed {
  @Expose() open = 1;
  shut = 2;
}

class Base {
  @Exclude() inherited = 1;
}
class Derived extends Base {
  own = 2;
}

/** As decimal.js, big.js and bignumber.js: all digits by toFixed(), and a toJSON that may use exponents. */
class Decimal {
  constructor(private readonly text: string) {}
  toFixed(): string {
    return this.text;
  }
  toJSON(): string {
    return '1e0';
  }
}

class WithToJson {
  private readonly inner = { at: new Date(5) };
  toJSON(): unknown {
    return { inner: this.inner, list: [1n] };
  }
}

const FEE = { fee_amount: 5, tag: '<x>', plain: { k: 1 } };

/** Value and what comes of it. */
const CASES: readonly (readonly [string, unknown, unknown])[] = [
  ['null', null, null],
  ['undefined', undefined, null],
  ['text', 'a\0\u{1F600}', 'a\0\u{1F600}'],
  ['booleans', [true, false], [true, false]],
  ['numbers that JSON has', [1.5, -0, 1e300], [1.5, -0, 1e300]],
  ['numbers that JSON has not', [Number.NaN, Infinity, -Infinity], [null, null, null]],
  ['a Date', new Date(1), '1970-01-01T00:00:00.001Z'],
  ['an invalid Date', new Date(Number.NaN), null],
  ['a safe bigint', [0n, -5n, 2n ** 53n - 1n, -(2n ** 53n) + 1n], [0, -5, 2 ** 53 - 1, -(2 ** 53) + 1]],
  [
    'a bigint beyond numbers',
    [2n ** 53n, -(2n ** 53n), 2n ** 127n],
    ['9007199254740992', '-9007199254740992', String(2n ** 127n)],
  ],
  ['decimal-likes', new Decimal('12345678901234567890.10'), '12345678901234567890.10'],
  ['a Map', new Map<unknown, unknown>([['a', 1n], [5, new Map([[true, 2n]])], [new Date(0), 1], [7n, 0]]), { a: 1, 5: { true: 2 }, '1970-01-01T00:00:00.000Z': 1, 7: 0 }],
  ['a Set', new Set([1n, new Set(['x'])]), [1, ['x']]],
  ['bytes', Uint8Array.of(0, 255, 16), 'AP8Q'],
  ['a Buffer', Buffer.from('hi'), 'aGk='],
  ['a part of a buffer', Buffer.from('xhix').subarray(1, 3), 'aGk='],
  ['other typed arrays', [Float64Array.of(1.5, Number.NaN), BigInt64Array.of(3n)], [[1.5, null], [3]]],
  ['nothing in lists', [undefined, null], [null, null]],
  ['undefined members', { a: undefined, b: null }, { b: null }],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1n }), { a: 1 }],
  ['one object twice, which is no cycle', ((x) => [x, { x }])({ n: 1 }), [{ n: 1 }, { x: { n: 1 } }]],
  ['toJSON', new WithToJson(), { inner: { at: '1970-01-01T00:00:00.005Z' }, list: [1] }],
  ['toJSON of a plain object', { toJSON: () => new Map([['a', 1]]) }, { a: 1 }],
  ['a URL', new URL('https://example.org/x'), 'https://example.org/x'],
  ['@Expose, @Exclude, @Transform', new Fee(), FEE],
  [
    'nested instances with a getter, Map, Date and decimal inside',
    new Order(),
    { total: 42, at: '1970-01-01T00:00:00.000Z', fee: FEE, fees: [FEE], price: '1.500' },
  ],
  ['instances in plain data', { list: [new Fee()], map: new Map([['f', new Fee()]]) }, { list: [FEE], map: { f: FEE } }],
  ['@Exclude on a class', new Closed(), { open: 1 }],
  ['@Exclude on a base class', new Derived(), { own: 2 }],
  ['memory, whole or a part of it', [Uint8Array.of(0, 255, 16).buffer, new DataView(Uint8Array.of(9, 0, 255, 16).buffer, 1), new SharedArrayBuffer(1)], ['AP8Q', 'AP8Q', 'AA==']],
  ['primitives in boxes', [Object(1.5), Object('x'), Object(false), Object(2n ** 64n), Object(Number.NaN)], [1.5, 'x', false, '18446744073709551616', null]],
  ['an error with a toJSON', Object.assign(new Error('x'), { toJSON: () => ({ code: 5 }) }), { code: 5 }],
  ['what can be iterated over, and is no iterator', Object.assign(new Base(), { next: 1, *[Symbol.iterator]() {} }), { next: 1 }],
  ['symbols that nobody sees', Object.defineProperty({ a: 1 }, Symbol('hidden'), { value: 1 }), { a: 1 }],
]; // prettier-ignore

describe('toJsonSerializable', () => {
  for (const [name, value, expected] of CASES) {
    it(`takes ${name}`, () => {
      const plain = toJsonSerializable(value);
      expect(plain).to.deep.equal(expected);
      // plain data indeed: JSON gives it back
      if (name !== 'numbers that JSON has') expect(JSON.parse(JSON.stringify(plain))).to.deep.equal(plain);
    });
  }

  it('keeps __proto__ a key like any other, and pollutes nothing', () => {
    const hostile = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}') as object;
    for (const given of [hostile, new Map(Object.entries(hostile)), { inner: hostile }]) {
      const plain = toJsonSerializable(given) as Record<string, unknown>;
      expect(JSON.stringify(plain)).to.include('"__proto__":{"isAdmin":true}');
      expect(Object.getPrototypeOf(plain)).to.equal(Object.prototype);
      expect(plain).to.not.have.nested.property('isAdmin');
    }
    expect({}).to.not.have.property('isAdmin');
  });

  it('refuses cycles, functions and symbols with the path to them', async () => {
    const list: unknown[] = [1];
    list.push({ list });
    const map = new Map<string, unknown>();
    map.set('self', map);
    const order = new Order() as unknown as Record<string, unknown>;
    order['parent'] = { order };
    const endless = { toJSON: () => endless };
    const cases: readonly (readonly [unknown, string])[] = [
      [list, '$[1].list'],
      [map, '$.self'],
      [order, '$.parent.order'],
      [endless, '$'],
      [{ a: [{ f: () => 1 }] }, '$.a[0].f'],
      [{ s: Symbol('x') }, '$.s'],
      [() => 1, '$'],
      [new Set([Symbol.iterator]), '$[0]'],
      // keys that would be lost as text
      [
        {
          m: new Map<unknown, unknown>([
            [1, 'a'],
            ['1', 'b'],
          ]),
        },
        '$.m',
      ],
      [new Map([[{}, 1]]), '$'],
      [new Map([[Symbol('x'), 1]]), '$'],
      [new Map([[new Date(Number.NaN), 1]]), '$'],
    ];
    for (const [value, path] of cases) {
      const error = await failure(() => toJsonSerializable(value), 'E_CONVERSION');
      expect(error.details).to.deep.equal({ path });
      expect(error.message.startsWith(`${path === '$' ? 'The value' : path} `), error.message).to.equal(true);
    }
  });

  it('refuses what JSON would leave empty, with the path and the remedy', async () => {
    class Wrong extends Error {}
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [Promise.resolve(1), /is a Promise, .*Await it first\.$/],
      [new (class Later extends Promise<number> {})((resolve) => resolve(1)), /is a Promise/],
      [new TypeError('x'), /is an Error, .*\{ message: error\.message \}\.$/],
      [Object.assign(new Wrong('x'), { code: 5 }), /is an Error/],
      [/x/, /is a RegExp/],
      [new WeakMap(), /weakly/],
      [new WeakSet(), /weakly/],
      [new WeakRef({}), /weakly/],
      [[1].values(), /is an iterator, .*array/],
      [new Map().entries(), /is an iterator/],
      [(function* () { yield 1; })(), /is an iterator/],
      [(async function* () { yield 1; })(), /is an iterator/],
      [{ a: 1, [Symbol('s')]: 2 }, /has symbols as keys/],
      [Object(Symbol('s')), /is a symbol/],
    ]; // prettier-ignore
    for (const [value, message] of cases) {
      for (const [given, path] of [[value, '$'], [{ a: [new Map([['k', value]])] }, '$.a[0].k']] as const) {
        const error = await failure(() => toJsonSerializable(given), /is a symbol/.test(String(message)) ? 'E_CONVERSION' : 'E_UNSUPPORTED');
        expect(error.details).to.deep.equal({ path });
        expect(error.message).to.match(message).and.satisfy((text: string) => text.startsWith(path === '$' ? 'The value ' : path));
      }
    }
  }); // prettier-ignore

  it('refuses what is nested too deeply, and takes a thousand levels', async () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
      return value;
    };
    expect(toJsonSerializable(nested(1_000))).to.deep.equal(nested(1_000));
    const { message, cause } = await failure(() => toJsonSerializable(nested(100_000)), 'E_UNSUPPORTED');
    expect(message).to.match(/^The value is nested too deeply/);
    expect(cause).to.be.instanceOf(RangeError);
  });

  it('does not change what it is given', () => {
    const order = new Order();
    toJsonSerializable(order);
    expect(order.fee).to.be.instanceOf(Fee).and.include({ amount: 5n, secret: 's3cr3t', tag: 'x' });
  });
});
