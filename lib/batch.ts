// Rows of one chunk as columns of property values, before they are encoded. Not here: where they come from (row-source.ts).
import type { Column } from './entity/schema.js';
import { roomFor } from './vector/reader.js';

export class Batch {
  /** values of each writable column; undefined is missing */
  readonly columns: ArrayLike<unknown>[];
  /** whether values of each column are missing: not 0 then */
  readonly missing: Uint32Array;
  count = 0;
  /** the number of the first row */
  position = 0;
  /** values of json columns are text already */
  texts = false;
  readonly #own: unknown[][];

  constructor(
    readonly of: readonly Column[],
    rows: number,
  ) {
    this.#own = of.map(() => roomFor(rows));
    this.columns = [...this.#own];
    this.missing = new Uint32Array(of.length);
  }

  /** Empty again, for the rows that follow. */
  next(): void {
    this.position += this.count;
    this.count = 0;
    this.missing.fill(0);
  }

  /** The memory of its own to fill, column by column. */
  get own(): readonly unknown[][] {
    return this.#own;
  }

  /** A row as an object again. */
  row(index: number): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (const [at, { property }] of this.of.entries()) {
      const value = (this.columns[at] as ArrayLike<unknown>)[index];
      if (value !== undefined) row[property] = value;
    }
    return row;
  }
}
