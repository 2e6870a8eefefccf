// Errors: a code to react to, facts to act on, a message to read, and the cause.
import { BaseDuckDBManager, Column, Table, isDatabaseError, type Insert } from '@mysingle/database';

@Table('orders')
class Order {
  @Column('varchar', { primaryKey: true }) reference!: string;
  @Column('decimal(18,2)') amount!: string;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Order], logger: false });
const orders = db.repository(Order);

async function bookOnce(order: Insert<Order>): Promise<'booked' | 'taken'> {
  try {
    await orders.insert(order);
    return 'booked';
  } catch (error) {
    if (isDatabaseError(error, 'E_UNIQUE')) return 'taken';
    throw error;
  }
}

console.log(await bookOnce({ reference: 'a', amount: '10.00' }), await bookOnce({ reference: 'a', amount: '20.00' }));

// the facts: what a service answers is made of these, not of the message
try {
  await orders.insertMany([
    { reference: 'b', amount: '1.00' },
    { reference: 'c', amount: '1.005' },
  ]);
} catch (error) {
  if (!isDatabaseError(error)) throw error;
  const { code, retryable, details } = error;
  console.log({ code, retryable, row: details['row'], property: details['property'] });
  console.log(error.message);
}

// nothing of it is there: a write is whole or not at all
console.log('orders:', await orders.count());
