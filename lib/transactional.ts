// @Transactional: a method that runs in a transaction of the manager its instance works with. Not here: what a transaction is
// (engine/transaction.ts), how the manager is found (cache/source.ts).
import { methodDecorator, ownerOfCall, placeOfCall, type AsyncMethodDecorator } from './cache/method-decorator.js';
import { CACHE, sourceOf } from './cache/source.js';
import type { TransactionOptions } from './engine/transaction.js';
import { DatabaseError } from './errors.js';
import { Limit } from './limit.js';

/** Options of `@Transactional`: those of `transaction`, and where to find the manager. */
export interface TransactionalOptions<S = never> extends TransactionOptions {
  /** the manager, or a repository of it */
  readonly using?: (self: S) => unknown;
}

interface Transacting {
  transaction(fn: () => unknown, options: TransactionOptions): Promise<unknown>;
}

const OPTIONS = ['retries', 'readOnly', 'signal', 'timeout', 'using'];

/**
 * Runs each call of an async method in a transaction, as `manager.transaction` does: committed when it gives a value, rolled
 * back when it throws, joined where one is open. With `retries` the whole method is run again on conflict.
 *
 * The manager is found as that of `@Cached` is: through `using`, else the instance is one or a repository itself, else through a
 * property that is one, else it is the one open manager.
 *
 * @throws DatabaseError `E_DECLARATION` for a wrong use, at import; `E_CONFIG` at a call when no manager is found; as
 *   `transaction`
 * @example \@Transactional({ retries: 3 }) async book(order: Insert<Order>) { await this.orders.insert(order); }
 */
export function Transactional<S = never>(
  options: TransactionalOptions<S> = {},
): AsyncMethodDecorator<readonly unknown[]> {
  const { using, ...rest } = checked(options);
  return methodDecorator(
    (method, property) =>
      async function (this: object, ...args: unknown[]): Promise<unknown> {
        const self = ownerOfCall(this, fail);
        const source = sourceOf(self, using, `@Transactional ${placeOfCall(self, property)}`, {
          code: 'E_CONFIG',
          remedy: 'Say which: @Transactional({ using: (self) => self.db }).',
        });
        const manager = source[CACHE].owner as Transacting;
        return manager.transaction(async () => method.apply(this, args), rest);
      },
    fail,
  ) as AsyncMethodDecorator<readonly unknown[]>;
}

function fail(message: string): never {
  throw new DatabaseError('E_DECLARATION', `@Transactional ${message}.`);
}

function checked(options: TransactionalOptions): TransactionalOptions {
  if (typeof options !== 'object' || options === null) fail('takes an object of options');
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) fail(`has no option '${unknown}'. Options: ${OPTIONS.join(', ')}`);
  if (options.using !== undefined && typeof options.using !== 'function') fail("option 'using' is a function");
  Limit.of(options, '@Transactional')?.dispose();
  return options;
}
