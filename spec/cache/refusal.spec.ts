import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { keep } from '../../lib/cache/keep.js';
import { canonicalText } from '../../lib/cache/key.js';
import { copyOf } from '../../lib/cache/kept.js';
import { Refusal, orRefuse } from '../../lib/cache/refusal.js';
import { failure } from '../support/failure.js';
import { Quote } from '../support/kept-arbitraries.js';

@Table('refused_index')
class IndexEntity extends Map<string, number> {
  @Column('integer') id!: number;
}

const quote = (id: number): Quote => Object.assign(new Quote(), { id, at: new Date(id), note: null });

describe('a refusal', () => {
  it('names the place of what the cache has no form for', async () => {
    const inRows = [quote(1), Object.assign(quote(2), { note: { f: Symbol('s') } })];
    const cycle: unknown[] = [{ a: 1 }, { a: 2 }];
    Object.assign(cycle[1] as object, { a: new Map([[{ k: 1 }, cycle]]) });
    const shared = [[1]];
    const cases: [unknown, string][] = [
      [() => 1, 'The value is a function, which'],
      [[{ a: 1 }, { a: new Error('x') }], '$[1].a is a Error, which'],
      [inRows, '$[1].note.f is a symbol, which'],
      [[[1, { [Symbol('s')]: 1 }]], '$[0][1] is an object with symbols as keys, which'],
      [[{ a: 1 }, { a: 1, [Symbol('s')]: 1 }], '$[1] is an object with symbols as keys, which'],
      [new Set([new (class extends Array {})()]), '$.item is an array of a class without a name, which'],
      [Object.create(Date.prototype), 'The value is a Date, which'],
      [[new IndexEntity()], '$[0] is a IndexEntity, which'],
      [Object.create(Map.prototype), 'The value is a Map, which'],
      [Object.create(Array.prototype), 'The value is a Array, which'],
      [{ a: shared, b: shared, c: /x/ }, '$.c is a RegExp, which'],
      [{ g: (function* () { yield 1; })() }, '$.g is a Generator, which'],
      [new (class { a = 1; })(), 'The value is an object of a class without a name, which'],
      [[Object.assign(Object.create(null) as object, { [Symbol('s')]: 1 })], '$[0] is an object with symbols as keys, which'],
      [{ list: Object.assign([1], { x: 1 }) }, '$.list is an array with properties of its own, which'],
      [[Object.assign(new Date(0), { x: 1 })], '$[0] is a Date with properties of its own, which'],
      [Object.assign(Buffer.of(1), { [Symbol('s')]: 1 }), 'The value is a Buffer with properties of its own, which'],
      [cycle, '$[1].a.get(an object) leads back to itself'],
    ];
    for (const [value, message] of cases) {
      const error = await failure(() => keep(value), 'E_UNSUPPORTED');
      expect(error.message).to.include(message);
    }
  }); // prettier-ignore

  it('is that of a value nested too deeply, wherever that is found out', async () => {
    const nested = (levels: number, inmost: unknown): unknown => {
      let value = inmost;
      for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : new Map([[value, 1]]);
      return value;
    };
    expect(copyOf(keep(nested(250, 1)))).to.deep.equal(nested(250, 1));
    await failure(() => keep(nested(251, 1)), 'E_UNSUPPORTED');
    expect((await failure(() => keep(nested(100_000, 1)), 'E_UNSUPPORTED')).message).to.match(/^The value is nested too deeply/);
    const argument = await failure(() => canonicalText([1, nested(100_000, 1)], () => 'S.m'), 'E_UNSUPPORTED');
    expect(argument.message).to.match(/^S\.m: argument 2 is nested too deeply/);
    expect(argument.cause).to.be.instanceOf(RangeError);
    // known at the top, and looked for where the stack ends
    const deep = nested(100_000, 1);
    const refuse = (): never => { throw new Refusal(); };
    await failure(() => orRefuse(deep, () => '$', refuse), 'E_UNSUPPORTED');
  }); // prettier-ignore

  it('says what changes while it is read', async () => {
    let reads = 0;
    const unsteady = { get a(): unknown { return (reads += 1) === 1 ? Symbol('once') : 1; } }; // prettier-ignore
    const { message } = await failure(() => keep(unsteady), 'E_UNSUPPORTED');
    expect(message).to.include('The value is a value that changes while it is read');
  });

  it('is none of an error that is another one', () => {
    const work = (): never => {
      throw new RangeError('mine');
    };
    expect(() => orRefuse({}, () => '$', work)).to.throw(RangeError, 'mine');
  });
});
