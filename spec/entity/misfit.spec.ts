import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Misfit, describe as inWords, misfit } from '../../lib/entity/misfit.js';

describe('misfit', () => {
  it('describes a value by its kind and never by its content', () => {
    for (const [value, words] of [
      [null, 'null'],
      [undefined, 'undefined'],
      [NaN, 'NaN'],
      [Infinity, 'an infinity'],
      [1, 'an integer'],
      [1.5, 'a fraction'],
      ['secret', 'a string'],
      [1n, 'a bigint'],
      [new Date(NaN), 'an invalid Date'],
      [new Date(0), 'a Date'],
      [['secret'], 'an array'],
      [{ secret: 1 }, 'an object'],
      [Object.create(null), 'an object'],
      [new Map(), 'a Map'],
      [
        new (class {
          a = 1;
        })(),
        'an object of a class without a name',
      ],
      [
        new (Object.defineProperty(
          class {
            a = 1;
          },
          'name',
          { value: 5 },
        ))(),
        'an object of a class without a name',
      ],
      [Object.create({ secret: 1 }), 'an object of a class without a name'],
      [
        (function* () {
          yield 1;
        })(),
        'a Generator',
      ],
      [new Map().keys(), 'a Map Iterator'],
    ] as const)
      // prettier-ignore
      expect(inWords(value)).to.equal(words);
    expect(() => misfit('a number', 'secret')).to.throw(Misfit, 'expects a number, got a string');
  });
});
