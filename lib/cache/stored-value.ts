// A value in the hands of the cache: what was put in, and nobody's to change; whoever asks gets one of his own. Not here: how
// long it holds (shared-cache.ts), how it is kept (keep.ts) and written (values.ts).
import { keep } from './keep.js';
import { copyOf, sizeOf, type Held } from './kept.js';
import { heldOf, textOf, type Entities } from './values.js';

export type { Entities } from './values.js';

export class StoredValue {
  readonly #held: Held;
  /** an estimate of the memory it takes, at least 1: 2 for each character, 8 for each number, and what objects need */
  readonly bytes: number;

  private constructor(held: Held) {
    this.#held = held;
    this.bytes = sizeOf(held);
  }

  /**
   * Keeps a copy of its own.
   *
   * @param asIs whether it is what a table gave: see `keep`
   * @throws DatabaseError `E_UNSUPPORTED` naming the place of a value that has no form
   */
  static of(value: unknown, asIs = false): StoredValue {
    return new StoredValue(keep(value, asIs));
  }

  /**
   * What a text of `text()` says.
   *
   * @throws UnknownEntity where the class of an entity is not found, and other errors for what is no such text
   */
  static fromText(text: string, entities: Entities): StoredValue {
    return new StoredValue(heldOf(text, entities));
  }

  /** The value, for the caller to do with as he likes. */
  copy(): unknown {
    return copyOf(this.#held);
  }

  /** The value as text. It is made at each call and not kept: the memory holds a value once. */
  text(): string {
    return textOf(this.#held);
  }
}
