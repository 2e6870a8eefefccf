// What is kept of objects: of many of one shape, or of an entity, columns that a function made once makes them of; of another
// one an object. Not here: which are of one shape (keep.ts).
import { hydrateOf, plainHydrate, type Hydrate } from '../entity/hydrate.js';
import type { EntitySchema } from '../entity/schema.js';
import { Kept, OBJECT_BYTES, encoded, sizeOf, tagged, type Held, type Tagged } from './kept.js';
import { KeptColumn } from './kept-column.js';

/** Instances of an entity class with the same properties, or plain objects with the same keys. */
export class RowsColumn extends KeptColumn {
  #hydrate: Hydrate | undefined;

  constructor(
    private readonly schema: EntitySchema | undefined,
    private readonly names: readonly string[],
    private readonly columns: readonly KeptColumn[],
    readonly length: number,
  ) {
    super();
  }

  read(): object[] {
    return this.copy();
  }

  copy(): object[] {
    const hydrate = this.#hydrate ?? this.#makes();
    const items = this.columns.map((column) => column.read());
    const rows: object[] = [];
    hydrate(items, this.length, rows);
    return rows;
  }

  /** A class has few shapes, whose functions may be held; names from outside are as many as there are values. */
  #makes(): Hydrate {
    if (this.schema === undefined) return plainHydrate(this.names);
    return (this.#hydrate = hydrateOf(this.schema, this.names));
  }

  encode(): Tagged {
    return tagged('rows', ...this.parts());
  }

  /** What its text says. */
  parts(): unknown[] {
    const { schema } = this;
    const of = schema === undefined ? [null, null] : [schema.className, `${schema.id}#${schema.shape}`];
    return [...of, this.length, this.names, this.columns.map((column) => column.encode())];
  }

  size(): number {
    return this.columns.reduce((size, column) => size + column.size(), 2 * OBJECT_BYTES + 8 * this.names.length);
  }
}

/** One entity. */
export class KeptEntity extends Kept {
  constructor(private readonly row: RowsColumn) {
    super();
  }

  copy(): object {
    return this.row.copy()[0] as object;
  }

  encode(): Tagged {
    return tagged('one', ...this.row.parts());
  }

  size(): number {
    return this.row.size();
  }
}

/** A plain object. */
export class KeptObject extends Kept {
  /** it with all that is immutable in it: what `...` copies faster than a loop does */
  readonly #plain: Readonly<Record<string, unknown>>;
  readonly #parts: readonly (readonly [name: string, part: Kept])[];

  /** @param held its keys with what is held of their values; it is nobody else's any more */
  constructor(held: Record<string, Held>) {
    super();
    const parts: [string, Kept][] = [];
    for (const name of Object.keys(held)) {
      const value = held[name];
      if (!(value instanceof Kept)) continue;
      parts.push([name, value]);
      // keeps its place among the others
      held[name] = null;
    }
    this.#plain = held;
    this.#parts = parts;
  }

  copy(): Record<string, unknown> {
    const object = { ...this.#plain };
    // its own already, so that this is no assignment to a prototype
    for (const [name, part] of this.#parts) object[name] = part.copy();
    return object;
  }

  encode(): unknown {
    const object = { ...this.#plain };
    for (const [name, value] of Object.entries(this.#plain)) object[name] = encoded(value);
    for (const [name, part] of this.#parts) object[name] = part.encode();
    return Object.hasOwn(object, '$') ? tagged('$', Object.keys(object), Object.values(object)) : object;
  }

  size(): number {
    let size = 2 * OBJECT_BYTES;
    for (const value of Object.values(this.#plain)) size += 8 + sizeOf(value);
    for (const [, part] of this.#parts) size += part.size();
    return size;
  }
}
