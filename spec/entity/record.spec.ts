import { expect } from 'chai';
import { describe, it } from 'mocha';
import { record } from '../../lib/entity/record.js';

describe('record', () => {
  it('has these own keys, whatever they are called, in their order, and the prototype of any object', () => {
    const names = ['b', '__proto__', 'constructor', 'hasOwnProperty', '', 'a'];
    const made = record(names, (name, index) => ({ name, index }));
    expect(Object.entries(made)).to.deep.equal(names.map((name, index) => [name, { name, index }]));
    expect([Object.getPrototypeOf(made), ({} as Record<string, unknown>)['name']]).to.deep.equal([Object.prototype, undefined]); // prettier-ignore
    expect(Object.getOwnPropertyDescriptor(made, '__proto__')).to.include({ enumerable: true, writable: true, configurable: true }); // prettier-ignore
    expect(record([], () => 1)).to.deep.equal({});
  });
});
