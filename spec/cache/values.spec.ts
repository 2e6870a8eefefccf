import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, type EntityClass } from '@mysingle/database';
import { UnknownEntity, decodeValue, encodeValue } from '../../lib/cache/values.js';
import { schemaOf } from '../../lib/entity/schema.js';
import { failure } from '../support/failure.js';

@Table('cached_quote')
class Quote {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('timestamptz') at!: Date;
  @Column('varchar', { nullable: true }) note!: string | null;
  readonly #secret = 42;

  describe(): string {
    return `${this.id} ${this.#secret}`;
  }
}

class Unknown {
  x = 1;
}
class Money extends Date {}
class Registry extends Map {}
class Stack extends Array {}
class Bytes extends Uint8Array {}

const known = (className: string, table: string): EntityClass | undefined =>
  className === 'Quote' && table === `${schemaOf(Quote).id}#${schemaOf(Quote).shape}` ? Quote : undefined;
const through = (value: unknown): unknown => decodeValue(encodeValue(value), known);

function quote(id: number): Quote {
  return Object.assign(new Quote(), { id, at: new Date(id), note: null });
}

describe('values of the cache', () => {
  const cases: [string, unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['texts', ['', 'a"\'\\', '\u0000', '\ud83d\ude00', '$', '{"$":["i","1"]}']],
    ['numbers', [0, -0, 1.5, -1e308, 5e-324, Number.MAX_SAFE_INTEGER, Infinity, -Infinity, NaN]],
    ['bigints', [0n, -1n, 2n ** 200n]],
    ['booleans', [true, false]],
    ['dates', [new Date(0), new Date(-1), new Date(8.64e15), new Date(Number.NaN)]],
    ['members that are undefined', { a: undefined, b: [undefined, null] }],
    ['maps', new Map<unknown, unknown>([['a', 1], [1, 'a'], [{ k: 1n }, new Map([[null, undefined]])]])], // prettier-ignore
    ['sets', new Set<unknown>([1, '1', 1n, null, new Set([new Date(5)])])],
    ['a Buffer', Buffer.from([0, 255])],
    ['a view into a larger buffer', new Uint8Array(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
    ['typed arrays', [new Int8Array([-1]), new Uint8ClampedArray([255]), new Int16Array([-2]), new Uint16Array([3]), new Int32Array([-4]), new Uint32Array([5])]], // prettier-ignore
    ['arrays of reals and of big integers', [new Float32Array([0.5]), new Float64Array([-0, NaN]), new BigInt64Array([-(2n ** 63n)]), new BigUint64Array([2n ** 64n - 1n])]], // prettier-ignore
    ['no bytes', [new Uint8Array(), Buffer.alloc(0), new Float64Array()]],
    ['a key "$"', { $: ['i', '1'], nested: { $: 1, at: new Date(1) } }],
    ['keys of the prototype', { toString: 1, constructor: { hasOwnProperty: 2 } }],
    ['nesting', [{ a: [{ b: new Map([['c', [new Set([1n])]]]) }] }]],
  ];
  for (const [what, value] of cases) {
    it(`keeps ${what}`, () => {
      const back = through(value);
      expect(back).to.deep.equal(value);
      if (typeof value === 'object' && value !== null)
        expect(Object.getPrototypeOf(back)).to.equal(Object.getPrototypeOf(value));
    });
  }

  it('tells -0 from 0, and a Buffer from a Uint8Array, which deep equality may not', () => {
    expect(Object.is(through(-0), -0)).to.equal(true);
    expect(Object.is((through(new Float64Array([-0])) as Float64Array)[0], -0)).to.equal(true);
    expect(Buffer.isBuffer(through(Buffer.from('x')))).to.equal(true);
    expect(Buffer.isBuffer(through(new Uint8Array(1)))).to.equal(false);
    expect(Object.keys(through({ a: undefined }) as object)).to.deep.equal(['a']);
  });

  it('keeps a key "__proto__" as a key', () => {
    const value = JSON.parse('{"__proto__": {"polluted": 1}, "list": [{"__proto__": 2}]}') as object;
    const back = through(value) as { list: object[]; polluted?: number };
    expect(back).to.deep.equal(value);
    expect(Object.getPrototypeOf(back)).to.equal(Object.prototype);
    expect(Object.keys(back)).to.deep.equal(['__proto__', 'list']);
    expect(back.polluted).to.equal(undefined);
  });

  it('gives entities back as instances, with methods and private fields', () => {
    const [back] = through([quote(7)]) as Quote[];
    expect(back).to.be.instanceOf(Quote).and.deep.equal(quote(7));
    expect(back?.describe()).to.equal('7 42');
  });

  it('gives a selection of columns back as it was: an instance with these alone', () => {
    const part = Object.assign(Object.create(Quote.prototype) as Quote, { id: 3 });
    const back = through(part) as Quote;
    expect(back).to.be.instanceOf(Quote);
    expect(Object.entries(back)).to.deep.equal([['id', 3]]);
  });

  it('does not guess at a class that is not there any more', () => {
    const text = encodeValue(quote(1));
    expect(() => decodeValue(text, () => undefined)).to.throw(UnknownEntity);
    expect(() => decodeValue('{"$":["?",1]}', known)).to.throw(UnknownEntity);
  });

  it('repeats what occurs twice, and refuses what leads back to itself', async () => {
    const shared = { at: new Date(1) };
    expect(through([shared, shared])).to.deep.equal([shared, shared]);
    const cycle: Record<string, unknown> = { list: [] };
    (cycle['list'] as unknown[]).push(new Map([['me', cycle]]));
    const { message } = await failure(() => encodeValue(cycle), 'E_UNSUPPORTED');
    expect(message).to.equal('$.list[0].get(me) leads back to itself: the cache has no form for a cycle.');
  });

  const refused: [string, unknown, string][] = [
    ['an unknown class', { a: [new Unknown()] }, '$.a[0] is a Unknown, which'],
    ['a function', { f: () => 1 }, '$.f is a function, which'],
    ['a symbol', Symbol('s'), 'The value is a symbol, which'],
    ['an Error', new Error('x'), 'The value is a Error, which'],
    ['a RegExp', /x/, 'The value is a RegExp, which'],
    ['a Promise', Promise.resolve(1), 'The value is a Promise, which'],
    ['a boxed number', Object(1), 'The value is a Number, which'],
    ['an ArrayBuffer', new ArrayBuffer(1), 'The value is a ArrayBuffer, which'],
    ['a DataView', new DataView(new ArrayBuffer(1)), 'The value is a DataView, which'],
    ['a Date of another class', new Money(), 'The value is a Money, which'],
    ['a Map of another class', new Registry(), 'The value is a Registry, which'],
    ['an array of another class', new Stack(), 'The value is a Stack, which'],
    ['bytes of another class', new Bytes(1), 'The value is a Bytes, which'],
    ['keys that are symbols', { [Symbol('s')]: 1 }, 'The value is an object with symbols as keys, which'],
  ];
  for (const [what, value, message] of refused) {
    it(`refuses ${what} by name and place`, async () => {
      const error = await failure(() => encodeValue(value), 'E_UNSUPPORTED');
      expect(error.message)
        .to.match(/^(?:\$|The value)/)
        .and.include(message);
    });
  }
});
