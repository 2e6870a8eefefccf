import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { keep } from '../../lib/cache/keep.js';
import { orRefuse } from '../../lib/cache/refusal.js';
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
      [() => 1, '$ is a function, which'],
      [[{ a: 1 }, { a: new Error('x') }], '$[1].a is a Error, which'],
      [inRows, '$[1].note.f is a symbol, which'],
      [[[1, { [Symbol('s')]: 1 }]], '$[0][1] is an object with symbols as keys, which'],
      [[{ a: 1 }, { a: 1, [Symbol('s')]: 1 }], '$[1] is an object with symbols as keys, which'],
      [new Set([new (class extends Array {})()]), '$.item is an array, which'],
      [Object.create(Date.prototype), '$ is a Date, which'],
      [[new IndexEntity()], '$[0] is a IndexEntity, which'],
      [Object.create(Map.prototype), '$ is a Map, which'],
      [Object.create(Array.prototype), '$ is a Array, which'],
      [{ a: shared, b: shared, c: /x/ }, '$.c is a RegExp, which'],
      [cycle, '$[1].a.get(an object) leads back to itself'],
    ];
    for (const [value, message] of cases) {
      const error = await failure(() => keep(value), 'E_UNSUPPORTED');
      expect(error.message).to.include(message);
    }
  });

  it('says what changes while it is read', async () => {
    let reads = 0;
    const unsteady = { get a(): unknown { return (reads += 1) === 1 ? Symbol('once') : 1; } }; // prettier-ignore
    const { message } = await failure(() => keep(unsteady), 'E_UNSUPPORTED');
    expect(message).to.include('$ is a value that changes while it is read');
  });

  it('is none of an error that is another one', () => {
    const work = (): never => {
      throw new RangeError('mine');
    };
    expect(() => orRefuse({}, () => '$', work)).to.throw(RangeError, 'mine');
  });
});
