// What is kept of lists, maps and sets: columns. Not here: columns themselves (kept-column.ts), objects (kept-object.ts).
import { Kept, OBJECT_BYTES, tagged, type Tagged } from './kept.js';
import type { KeptColumn } from './kept-column.js';

export class KeptList extends Kept {
  constructor(private readonly items: KeptColumn) {
    super();
  }

  copy(): unknown[] {
    return this.items.copy();
  }

  encode(): unknown {
    const column = this.items.encode();
    if (Array.isArray(column)) return column;
    const [tag, items] = (column as Tagged).$;
    // an array is read item by item, and rows are a list in any case
    return tag === 'x' ? items : tag === 'rows' ? column : tagged('list', column);
  }

  size(): number {
    return OBJECT_BYTES + this.items.size();
  }
}

export class KeptMap extends Kept {
  constructor(
    private readonly keys: KeptColumn,
    private readonly values: KeptColumn,
  ) {
    super();
  }

  copy(): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    const [keys, values] = [this.keys.read(), this.values.read()];
    for (let index = 0; index < keys.length; index += 1) map.set(keys[index], values[index]);
    return map;
  }

  encode(): Tagged {
    return tagged('map', this.keys.encode(), this.values.encode());
  }

  /** An entry takes about three places more than its key and value. */
  size(): number {
    return OBJECT_BYTES + 24 * this.keys.length + this.keys.size() + this.values.size();
  }
}

export class KeptSet extends Kept {
  constructor(private readonly items: KeptColumn) {
    super();
  }

  copy(): Set<unknown> {
    return new Set(this.items.read());
  }

  encode(): Tagged {
    return tagged('set', this.items.encode());
  }

  size(): number {
    return OBJECT_BYTES + 16 * this.items.length + this.items.size();
  }
}
