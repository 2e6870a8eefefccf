// @Transactional: a method that runs in a transaction of the manager its instance works with. Not here: what a transaction is
// (engine/transaction.ts), how the manager is found (cache/source.ts).
import { CACHE, sourceOf } from './cache/source.js';
import type { TransactionOptions } from './engine/transaction.js';
import { isContext } from './entity/draft.js';
import { DatabaseError } from './errors.js';
import { Limit } from './limit.js';

/** Options of `@Transactional`: those of `transaction`, and where to find the manager. */
export interface TransactionalOptions<S = never> extends TransactionOptions {
  /** the manager, or a repository of it */
  readonly using?: (self: S) => unknown;
}

interface TransactionalDecorator {
  <This, A extends readonly unknown[], R>(
    method: (this: This, ...args: A) => Promise<R>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => Promise<R>>,
  ): (this: This, ...args: A) => Promise<R>;
  <A extends readonly unknown[], R>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<(...args: A) => Promise<R>>,
  ): void;
}

interface Transacting {
  transaction(fn: () => unknown, options: TransactionOptions): Promise<unknown>;
}

const OPTIONS = ['retries', 'readOnly', 'signal', 'timeout', 'using'];

/**
 * Runs each call of an async method in a transaction, as `manager.transaction` does: committed when it gives a value, rolled
 * back when it throws, joined where one is open. With `retries` the whole method is run again on conflict.
 *
 * The manager is found as that of `@Cached` is: through `using`, else through a property that is a manager or a repository,
 * else it is the one open manager.
 *
 * @throws DatabaseError `E_DECLARATION` for a wrong use, at import; `E_CONFIG` at a call when no manager is found; as
 *   `transaction`
 * @example \@Transactional({ retries: 3 }) async book(order: Insert<Order>) { await this.orders.insert(order); }
 */
export function Transactional<S = never>(options: TransactionalOptions<S> = {}): TransactionalDecorator {
  const { using, ...rest } = checked(options);
  return ((target: unknown, key: string | symbol | DecoratorContext, descriptor?: PropertyDescriptor): unknown => {
    if (isContext(key)) {
      if (key.kind !== 'method') fail(`on ${String(key.name)}: it decorates a method, not a ${key.kind}`);
      return transactional(target, key.name, rest, using);
    }
    const method: unknown = descriptor?.value;
    if (typeof method !== 'function') fail(`on ${String(key)}: it decorates a method`);
    (descriptor as PropertyDescriptor).value = transactional(method, key, rest, using);
    return descriptor;
  }) as never;
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

function transactional(
  method: unknown,
  property: string | symbol,
  options: TransactionOptions,
  using: TransactionalOptions['using'],
): (this: object, ...args: unknown[]) => Promise<unknown> {
  const original = method as (...args: unknown[]) => unknown;
  const wrapped = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
    if ((typeof this !== 'object' || this === null) && typeof this !== 'function')
      fail(`${String(property)}: methods are called on their instance: the method has lost its this`);

    const source = sourceOf(this, using, `@Transactional ${String(property)}`, {
      code: 'E_CONFIG',
      remedy: 'Say which: @Transactional({ using: (self) => self.db }).',
    });
    const manager = source[CACHE].owner as Transacting;
    return manager.transaction(async () => original.apply(this, args), options);
  };
  return Object.defineProperty(wrapped, 'name', { value: String(property) });
}
