import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { schemaOf } from '../lib/entity/schema.js';
import { DatabaseError, classify } from '../lib/errors.js';
import { inWordsOf } from '../lib/write-error.js';
import { failure } from './support/failure.js';

@Table('orders')
class Order {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { name: 'order_no', unique: true }) orderNo!: string;
}

const schema = schemaOf(Order);
const refusing = (error: unknown) => async (): Promise<never> => {
  throw error;
};
const refused = (error: unknown, on = schema.columns.slice(0, 0)): Promise<DatabaseError> =>
  failure(inWordsOf(schema, refusing(error), on));

describe('a refused write', () => {
  it('names the entity, the columns it has, and a remedy, and keeps the cause', async () => {
    const cause = classify(
      new Error('Constraint Error: Duplicate key "order_no: x, y: z" violates unique constraint.'),
    );
    const error = await refused(cause);
    expect([error.code, error.cause]).to.deep.equal(['E_UNIQUE', cause]);
    expect(error.message).to.match(/^Order: Duplicate key .* Update the row that is there/);
    expect(error.details).to.deep.include({
      entity: 'Order',
      table: 'orders',
      columns: ['order_no'],
      property: 'orderNo',
    });
  });

  it('at a COMMIT has its remedy once, and no property where DuckDB names none or several', async () => {
    const text =
      'TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key';
    const atCommit = classify(new Error(`${text} "7"`));
    expect(atCommit.message).to.match(/"7"\. Another transaction has committed it meanwhile\. Update the row/);
    const { message, details } = await refused(atCommit);
    expect(message.match(/Update the row/g)).to.have.length(1);
    expect(details).to.not.have.any.keys('columns', 'property');
    const both = classify(
      new Error('Constraint Error: Duplicate key "id: 1, order_no: x" violates unique constraint.'),
    );
    expect((await refused(both)).details)
      .to.deep.include({ columns: ['id', 'order_no'] })
      .and.not.have.property('property');
  });

  it('by an upsert on its own key is a conflict, to be run again', async () => {
    const cause = classify(new Error('Constraint Error: Duplicate key "id: 1" violates primary key constraint.'));
    const error = await refused(cause, schema.primaryKey.slice());
    expect([error.code, error.retryable]).to.deep.equal(['E_CONFLICT', true]);
    expect((await refused(cause, schema.columns.slice(1))).code).to.equal('E_UNIQUE');
  });

  it('passes on what is told in the words of the entity already, and what is no constraint', async () => {
    for (const error of [
      new DatabaseError('E_NOT_NULL', 'Order.id is missing', { details: { entity: 'Order' } }),
      new DatabaseError('E_CLOSED', 'closed'),
    ])
      expect(await refused(error)).to.equal(error);
    const own = new RangeError('mine');
    expect(await inWordsOf(schema, refusing(own)).catch((caught: unknown) => caught)).to.equal(own);
  });
});
