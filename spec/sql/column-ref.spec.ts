import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, column } from '@mysingle/database';
import { failure } from '../support/failure.js';

@Table('trades')
class Trade {
  @Column('double', { name: 'p' }) price!: number;
}

describe('column', () => {
  it('is the column of a property, known at compile time and at run time', async () => {
    expect(column(Trade, 'price').target.name).to.equal('p');
    // @ts-expect-error no property
    expect((await failure(() => column(Trade, 'p'), 'E_QUERY')).message).to.equal(
      "Trade has no column 'p'. Columns: price.",
    );
    await failure(() => column(Trade, 'constructor' as never), 'E_QUERY');
    await failure(() => column(Map, 'x' as never), 'E_DECLARATION');
  });
});
