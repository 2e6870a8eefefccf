// Values of one place, one after another: of one property of many objects, or of a list. What they are is asked once for all
// of them, so that most are copied and written as they are. Not here: what they are columns of (kept-list.ts).
import {
  Kept,
  KeptDate,
  OBJECT_BYTES,
  copyOf,
  encoded,
  integerText,
  numberText,
  sizeOf,
  tagged,
  type Held,
} from './kept.js';
import { kindOf } from './kind.js';

export abstract class KeptColumn {
  abstract readonly length: number;
  /** The items as values, to be read and not to be changed; each that is mutable is the reader's own. */
  abstract read(): readonly unknown[];
  /** The items in an array of the caller's own. */
  abstract copy(): unknown[];
  /** A plain array where all items are such as JSON has, else tagged: with `x` where the items must be looked at each. */
  abstract encode(): unknown;
  abstract size(): number;
}

export function columnOf(items: readonly Held[]): KeptColumn {
  let dates = 0;
  let nulls = 0;
  let kept = 0;
  for (const item of items) {
    if (item === null) nulls += 1;
    else if (item instanceof KeptDate) dates += 1;
    else if (item instanceof Kept) kept += 1;
  }
  if (dates > 0 && dates + nulls === items.length) return new DateColumn(items.map((item) => (item as KeptDate | null)?.ms ?? null)); // prettier-ignore
  return dates + kept === 0 ? new ImmutableColumn(items) : new MixedColumn(items);
}

/** Which of the kinds of immutable values have a tag of their own for a column of them; null is among each of them. */
const COLUMN_TAGS = {
  json: (items: readonly unknown[]) => items,
  number: (items: readonly unknown[]) => tagged('n', items.map((item) => (item === null ? null : numberText(item as number)))),
  bigint: (items: readonly unknown[]) => tagged('i', items.map((item) => (item === null ? null : integerText(item as bigint)))),
}; // prettier-ignore

/** Immutable values, which are handed out as they are. */
export class ImmutableColumn extends KeptColumn {
  constructor(private readonly items: readonly unknown[]) {
    super();
  }

  get length(): number {
    return this.items.length;
  }

  read(): readonly unknown[] {
    return this.items;
  }

  copy(): unknown[] {
    return this.items.slice();
  }

  encode(): unknown {
    const kind = this.#kind();
    return kind === undefined ? tagged('x', this.items.map(encoded)) : COLUMN_TAGS[kind](this.items);
  }

  #kind(): keyof typeof COLUMN_TAGS | undefined {
    let plain = true;
    let numbers = true;
    let bigints = true;
    for (const item of this.items) {
      if (item === null) continue;
      const kind = kindOf(item);
      plain &&= kind === 'json';
      numbers &&= typeof item === 'number';
      bigints &&= kind === 'bigint';
    }
    return plain ? 'json' : numbers ? 'number' : bigints ? 'bigint' : undefined;
  }

  size(): number {
    return OBJECT_BYTES + sizeOfAll(this.items);
  }
}

/** Dates, and null among them. */
export class DateColumn extends KeptColumn {
  constructor(private readonly ms: readonly (number | null)[]) {
    super();
  }

  get length(): number {
    return this.ms.length;
  }

  read(): (Date | null)[] {
    return this.copy();
  }

  copy(): (Date | null)[] {
    return this.ms.map((each) => (each === null ? null : new Date(each)));
  }

  encode(): unknown {
    return tagged('d', this.ms.map((each) => (each === null ? null : numberText(each)))); // prettier-ignore
  }

  size(): number {
    return OBJECT_BYTES + 8 * this.ms.length;
  }
}

/** Anything. */
export class MixedColumn extends KeptColumn {
  constructor(private readonly items: readonly Held[]) {
    super();
  }

  get length(): number {
    return this.items.length;
  }

  read(): unknown[] {
    return this.copy();
  }

  copy(): unknown[] {
    return this.items.map(copyOf);
  }

  encode(): unknown {
    return tagged('x', this.items.map(encoded)); // prettier-ignore
  }

  size(): number {
    return OBJECT_BYTES + sizeOfAll(this.items);
  }
}

function sizeOfAll(items: readonly Held[]): number {
  let size = 0;
  for (const item of items) size += sizeOf(item);
  return size;
}
