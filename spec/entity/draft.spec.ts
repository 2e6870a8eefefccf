import { expect } from 'chai';
import { describe, it } from 'mocha';
import { draftOn } from '../../lib/entity/draft.js';

describe('draft', () => {
  it('starts with a copy of what the base noted, and keeps its own notes to itself', () => {
    class Base {
      own?: number;
    }
    class Left extends Base {}
    class Right extends Base {}
    draftOn(Base).indexes.push({ properties: ['a'], options: {} });
    draftOn(Left).indexes.push({ properties: ['b'], options: {} });
    expect(draftOn(Left)).to.equal(draftOn(Left));
    expect([Base, Left, Right].map((each) => draftOn(each).indexes.length)).to.deep.equal([1, 2, 1]);
  });
});
