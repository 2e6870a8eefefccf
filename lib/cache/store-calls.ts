// Calls of a store that may be slow, gone or wrong: each has its time, and after a failure the store is left alone for a while.
// Not here: what is kept there (store-tier.ts).
import { withinStoreOf } from '../context.js';
import { DatabaseError, isDatabaseError, loggable } from '../errors.js';

/** What a Keyv offers, and a storage adapter of Keyv's; what comes back is checked. */
export interface KeyvLike {
  get(key: string): unknown;
  set(key: string, value: string, ttl?: number): unknown;
  delete(key: string): unknown;
  getMany?(keys: string[]): unknown;
}

/** A call failed, which has been told of already. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
}

/** In the place of something in the store that is no JSON. */
export const UNREADABLE = Symbol('unreadable');

const REST_MS = 5_000;
const LONGEST_REST_MS = 60_000;

interface Heard {
  count: number;
  last: unknown;
}

const heard = new WeakMap<KeyvLike, Heard>();

/** Errors that a store emits. Nobody listening, they would end the process; and some stores tell of a failed call in no other way. */
function listenTo(store: KeyvLike): Heard {
  let known = heard.get(store);
  if (known === undefined) {
    const errors: Heard = { count: 0, last: undefined };
    heard.set(store, (known = errors));
    (store as { on?: (event: string, listener: (error: unknown) => void) => unknown }).on?.('error', (error) => {
      errors.count += 1;
      errors.last = error;
    });
  }
  return known;
}

type Kind = 'read' | 'write';

/** Whether a kind of calls works. Reads may go well while writes fail: a store that is full. */
class Health {
  out = false;
  #restUntil = Number.NEGATIVE_INFINITY;
  #restMs = REST_MS;

  resting(now: number): boolean {
    return now < this.#restUntil;
  }

  answered(): void {
    this.out = false;
    this.#restMs = REST_MS;
    this.#restUntil = Number.NEGATIVE_INFINITY;
  }

  failed(now: number): void {
    // of several calls that were under way the first one counts
    if (!this.resting(now)) {
      this.#restUntil = now + this.#restMs;
      this.#restMs = Math.min(this.#restMs * 2, LONGEST_REST_MS);
    }
    this.out = true;
  }
}

export class StoreCalls {
  readonly #errors: Heard;
  readonly #health: Readonly<Record<Kind, Health>> = { read: new Health(), write: new Health() };

  /**
   * @param warn called once when the store fails, and not again before what failed has gone well
   * @param back called when it does
   */
  constructor(
    private readonly store: KeyvLike,
    private readonly timeoutMs: number,
    private readonly now: () => number,
    private readonly warn: (error: unknown) => void,
    private readonly back: () => void,
    /** whose cache it is */
    private readonly database: object = {},
  ) {
    this.#errors = listenTo(store);
  }

  /** Whether calls of this kind failed lately, so that nobody who can do without should make one. */
  resting(kind: Kind): boolean {
    return this.#health[kind].resting(this.now());
  }

  get(key: string): Promise<unknown> {
    return this.#call('read', () => this.store.get(key));
  }

  /** The values of these keys, in their order. */
  async getMany(keys: readonly string[]): Promise<readonly unknown[]> {
    const { store } = this;
    if (store.getMany === undefined || keys.length < 2) return Promise.all(keys.map((key) => this.get(key)));
    const values = await this.#call('read', () => store.getMany?.([...keys]));
    return Array.isArray(values) && values.length === keys.length ? values : keys.map(() => undefined);
  }

  /** @param settled called when the store has come to an end with it, which may be long after this has failed by its time */
  async set(key: string, value: string, ttl?: number, settled?: () => void): Promise<void> {
    const { store } = this;
    await this.#call('write', () => (ttl === undefined ? store.set(key, value) : store.set(key, value, ttl)), settled);
  }

  async delete(key: string): Promise<void> {
    await this.#call('write', () => this.store.delete(key));
  }

  async #call(kind: Kind, work: () => unknown, settled?: () => void): Promise<unknown> {
    const { count } = this.#errors;
    const running = withinStoreOf(this.database, async () => work());
    if (settled !== undefined) void running.then(settled, settled);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(new DatabaseError('E_TIMEOUT', `The store of the cache has not answered for ${this.timeoutMs} ms.`)),
        this.timeoutMs,
      );
    });
    try {
      const value = await Promise.race([running, late]);
      // what was found was found, whatever failed meanwhile
      const nothing = kind === 'write' || !isFull(value);
      if (this.#errors.count !== count && nothing) throw this.#errors.last;
      this.#answered(kind);
      return value;
    } catch (error) {
      // a value that Keyv cannot parse: the store itself is well
      if (error instanceof SyntaxError) return UNREADABLE;
      this.#failed(kind, error);
      throw new StoreFailure('The store of the cache failed.', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  #answered(kind: Kind): void {
    const { out } = this.#health[kind];
    this.#health[kind].answered();
    if (out) this.back();
  }

  #failed(kind: Kind, error: unknown): void {
    const { read, write } = this.#health;
    const known = read.out || write.out;
    this.#health[kind].failed(this.now());
    if (!known) this.warn(error);
  }
}

/** What is told of it: its code and its class. Its words may hold what was stored, keys, and the password of a URL. */
export function loggableOfStore(error: unknown): { error: string; error_type: string } {
  if (isDatabaseError(error)) return loggable(error);
  const code = codeOf(error);
  return { error: code === undefined ? 'the store failed' : `the store failed: ${code}`, error_type: nameOf(error) };
}

/** Such as `ECONNREFUSED`; Node's error of a refused connection may have it in the errors that it is made of. */
function codeOf(error: unknown): string | undefined {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : undefined;
}

const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error;
  return /^\w{1,64}$/.test(error.name) ? error.name : 'Error';
};

const isFull = (value: unknown): boolean => (Array.isArray(value) ? !value.some(isNothing) : !isNothing(value));

const isNothing = (value: unknown): boolean => value === undefined || value === null;
