// What is to be done once the caller's transaction has committed, such as sending a message about it. Not here: when that is
// (transaction.ts).
import { context } from '../context.js';
import { DatabaseError } from '../errors.js';

interface Committing {
  afterCommit(fn: () => unknown): void;
}

/**
 * Runs `fn` once the caller's transaction has committed, and never where it is rolled back. See `afterCommit` of the manager,
 * which this is for code that has none at hand: with transactions of several databases around it, the innermost counts.
 *
 * @returns settled when `fn` is registered; outside a transaction, when it has run, with its error
 * @throws DatabaseError `E_CONFIG` for no function, `E_TX_ABORTED` when the transaction is over
 * @example await orders.insert(order); await afterCommit(() => queue.publish('order', order.id));
 */
export async function afterCommit(fn: () => unknown): Promise<void> {
  await afterCommitOf([...(context().transactions?.values() ?? [])].at(-1) as Committing | undefined, fn);
}

/** Registers `fn` on a transaction, or runs it where there is none. */
export async function afterCommitOf(transaction: Committing | undefined, fn: () => unknown): Promise<void> {
  if (typeof fn !== 'function')
    throw new DatabaseError('E_CONFIG', 'afterCommit takes a function: afterCommit(() => { ... }).');
  if (transaction === undefined) await fn();
  else transaction.afterCommit(fn);
}
