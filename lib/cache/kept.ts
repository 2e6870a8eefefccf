// A value as the cache holds it, where others could change it: it gives copies, and is given to nobody. Not here: how it comes
// about (keep.ts), what is made of parts (kept-list.ts, kept-object.ts).
import { TYPED_ARRAYS, bytesOf, kindOf, type TypedArray } from './kind.js';

// Text is JSON. What JSON has no form for is {"$": [tag, ...]}; an object with a key "$" is itself tagged.
export interface Tagged {
  readonly $: readonly [tag: string, ...rest: unknown[]];
}
export const tagged = (tag: string, ...rest: readonly unknown[]): Tagged => ({ $: [tag, ...rest] });

/** What is held of a value: itself where it is immutable, else a `Kept`. */
export type Held = unknown;

export abstract class Kept {
  /** A value of the caller's own. */
  abstract copy(): object;
  /** What JSON.stringify makes its text of. */
  abstract encode(): unknown;
  /** About how much memory it takes, in bytes. */
  abstract size(): number;
}

export const copyOf = (held: Held): unknown => (held instanceof Kept ? held.copy() : held);

export function encoded(held: Held): unknown {
  if (held instanceof Kept) return held.encode();
  switch (kindOf(held)) {
    case 'number':
      return tagged('n', numberText(held as number));
    case 'bigint':
      return tagged('i', integerText(held as bigint));
    case 'undefined':
      return tagged('u');
    default:
      return held;
  }
}

/** A number as JSON has it, or as text. */
export const numberText = (value: number): number | string =>
  Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value);

/** A bigint as a number where that is exact. */
export function integerText(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** What an object takes by itself. */
export const OBJECT_BYTES = 32;
/** What a place for a value takes: in an object, an array, a column. */
const PLACE_BYTES = 8;

/** With the place that it is held in. */
export function sizeOf(held: Held): number {
  if (typeof held === 'string') return PLACE_BYTES + 16 + 2 * held.length;
  if (held instanceof Kept) return PLACE_BYTES + held.size();
  return typeof held === 'bigint' ? PLACE_BYTES + 24 : PLACE_BYTES;
}

export class KeptDate extends Kept {
  constructor(readonly ms: number) {
    super();
  }

  copy(): Date {
    return new Date(this.ms);
  }

  encode(): Tagged {
    return tagged('d', Number.isNaN(this.ms) ? null : this.ms);
  }

  size(): number {
    return OBJECT_BYTES;
  }
}

/** A Buffer: its bytes, in memory that no other Buffer shares. */
export class KeptBuffer extends Kept {
  constructor(private readonly bytes: Uint8Array) {
    super();
  }

  copy(): Buffer {
    return Buffer.from(this.bytes);
  }

  encode(): Tagged {
    return tagged('b', bytesOf(this.bytes).toString('base64'));
  }

  size(): number {
    return 3 * OBJECT_BYTES + this.bytes.byteLength;
  }
}

export class KeptTypedArray extends Kept {
  constructor(
    private readonly type: string,
    private readonly items: TypedArray,
  ) {
    super();
  }

  copy(): TypedArray {
    return typedArray(this.type, this.items);
  }

  encode(): Tagged {
    const base64 = bytesOf(this.items).toString('base64');
    return this.type === 'Uint8Array' ? tagged('8', base64) : tagged('t', this.type, base64);
  }

  size(): number {
    return 3 * OBJECT_BYTES + this.items.byteLength;
  }
}

/** A typed array of a copy of another's items, or over memory. @throws TypeError for a name that none has */
export function typedArray(name: string, of: TypedArray | ArrayBufferLike): TypedArray {
  const Type = TYPED_ARRAYS.get(name);
  if (Type === undefined) throw new TypeError(`there is no typed array ${name}`);
  return new Type(of as ArrayBufferLike);
}
