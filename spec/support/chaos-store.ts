// A store that several processes share, and how each of them reaches it: late, never, half, or with something else in it.
import { EventEmitter } from 'node:events';
import type { KeyvLike } from '../../lib/cache/store-calls.js';
import type { random } from './random.js';

type Random = ReturnType<typeof random>;

/** What one process has of the store. Of a failed set nobody knows whether it came to anything. */
export class ChaosStore extends EventEmitter implements KeyvLike {
  /** calls of a hundred that fail in some way */
  failing = 0;
  /** of each call the longest it takes, in turns of the event loop */
  slowest = 4;

  constructor(
    private readonly values: Map<string, unknown>,
    private readonly random: Random,
    /** called with each set that has come to something, and what `began` gave when it was called */
    private readonly landed: (key: string, began: unknown) => void = () => {},
    private readonly began: (key: string) => unknown = () => undefined,
  ) {
    super();
  }

  get(key: string): Promise<unknown> {
    return this.#call(undefined, () => this.values.get(key));
  }

  set(key: string, value: string): Promise<unknown> {
    const began = this.began(key);
    return this.#call(true, () => {
      this.values.set(key, value);
      this.landed(key, began);
      return true;
    });
  }

  delete(key: string): Promise<unknown> {
    return this.#call(false, () => this.values.delete(key));
  }

  #call(swallowed: unknown, work: () => unknown): Promise<unknown> {
    const { below } = this.random;
    if (below(100) >= this.failing) return this.#later(work);
    const failed = new Error('chaos');
    switch (below(7)) {
      case 0:
        throw failed;
      case 1:
        return this.#later(() => {
          throw failed;
        });
      case 2:
        return this.#later(() => {
          work();
          throw failed;
        });
      case 3:
        return new Promise(() => {});
      case 4:
        // after its time is over
        return new Promise((resolve) => setTimeout(() => resolve(work()), below(60)));
      case 5:
        return this.#later(() => swallowed);
      default:
        return this.#later(() => {
          this.emit('error', failed);
          return swallowed;
        });
    }
  }

  async #later(work: () => unknown): Promise<unknown> {
    for (let turns = this.random.below(this.slowest); turns > 0; turns -= 1)
      await new Promise((resolve) => setImmediate(resolve));
    const value = work();
    for (let turns = this.random.below(this.slowest); turns > 0; turns -= 1)
      await new Promise((resolve) => setImmediate(resolve));
    return value;
  }
}

/** The same with a call for several keys, which are not read at one moment. */
export class ChaosStoreOfMany extends ChaosStore {
  getMany(keys: string[]): Promise<unknown> {
    return Promise.all(keys.map(async (key) => this.get(key)));
  }
}
