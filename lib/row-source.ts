// Where many rows come from: an array, an iterable, an async one, or an object of columns. Not here: encoding them
// (chunk-encoder.ts).
import type { Batch } from './batch.js';
import type { Column } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import type { Limit } from './limit.js';
import type { RowEncoder } from './row-encoder.js';
import { gathererOf, type Gather } from './row-gatherer.js';
import { snapshot } from './snapshot.js';
import { lengthOf } from './vector/vector-writer.js';

/** Rows from anywhere. */
export type RowSource = Iterable<unknown> | AsyncIterable<unknown> | ColumnSource;

/** Values of each property, all of one length. */
export type ColumnSource = Readonly<Record<string, ArrayLike<unknown> | undefined>>;

/** Gives rows by batches. */
export interface BatchSource {
  /**
   * Adds up to `room` rows to the batch. Fewer are the last.
   *
   * @throws DatabaseError for the row behind those in the batch; whatever the source throws
   */
  read(batch: Batch, room: number): Promise<void> | void;
  /** Nothing more is asked of it. */
  close(): Promise<void> | void;
}

/** @throws DatabaseError `E_VALIDATION` for what has no rows */
export function batchesOf(source: RowSource, encoder: RowEncoder, limit: Limit | undefined): BatchSource {
  const given: unknown = source;
  if (Array.isArray(given) && given[Symbol.iterator] === Array.prototype[Symbol.iterator])
    return new ArraySource(given, encoder);
  if (typeof given === 'object' && given !== null) {
    if (Symbol.asyncIterator in given) {
      const items = given as AsyncIterable<unknown>;
      // a source that may hang is left where the limit stops
      return new AsyncSource((limit === undefined ? items : limit.items(items))[Symbol.asyncIterator](), encoder);
    }
    if (Symbol.iterator in given) return new IteratorSource((given as Iterable<unknown>)[Symbol.iterator](), encoder);
    if (isPlain(given)) return new ColumnsSource(given as ColumnSource, encoder);
  }
  throw new DatabaseError(
    'E_VALIDATION',
    'insertMany and upsert take rows: an array, an iterable or an async iterable of objects, or an object of columns.',
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What rows have in common. */
class Rows {
  readonly #gather: Gather;
  readonly #check: (row: unknown) => boolean;

  constructor(protected readonly encoder: RowEncoder) {
    this.#gather = gathererOf(encoder.schema, encoder.columns);
    this.#check = (row) => {
      try {
        encoder.check(row, undefined);
        return true;
      } catch {
        // its words need its number
        return false;
      }
    };
  }

  protected add(batch: Batch, rows: ArrayLike<unknown>, from: number, count: number): void {
    const done = this.#gather(rows, from, count, batch, this.#check);
    if (this.encoder.validates)
      for (let index = 0; index < done; index += 1, batch.count += 1)
        this.encoder.validate(rows[from + index] as object, batch.position + batch.count);
    else batch.count += done;
    if (done < count) this.encoder.check(rows[from + done], batch.position + batch.count);
  }
}

/** Encoded before anybody else runs, so that its rows are read as they are. */
class ArraySource extends Rows implements BatchSource {
  #at = 0;

  constructor(
    private readonly rows: readonly unknown[],
    encoder: RowEncoder,
  ) {
    super(encoder);
  }

  read(batch: Batch, room: number): void {
    const from = this.#at;
    const count = Math.min(room, Math.max(0, this.rows.length - from));
    this.#at += count;
    this.add(batch, this.rows, from, count);
  }

  close(): void {}
}

/** Rows one by one: each may be the same object again, with other values in it. */
class OneByOne extends Rows {
  readonly #mutable: readonly (readonly [index: number, column: Column])[];
  readonly #row: unknown[] = [undefined];

  constructor(encoder: RowEncoder) {
    super(encoder);
    this.#mutable = encoder.columns.flatMap((column, index) =>
      column.type.json || MUTABLE.has(column.type.family) ? [[index, column] as const] : [],
    );
  }

  protected take(batch: Batch, row: unknown): void {
    batch.texts = true;
    this.#row[0] = row;
    this.add(batch, this.#row, 0, 1);
    const at = batch.count - 1;
    for (const [index, column] of this.#mutable) {
      const values = batch.own[index] as unknown[];
      const value = values[at];
      if (value === undefined) continue;
      values[at] = column.type.json ? jsonOf(column, value) : snapshot(value);
    }
  }
}

/** Types whose values can be changed from outside. */
const MUTABLE: ReadonlySet<string> = new Set(['time', 'list', 'other']);

/** The text of a json column's value; null is JSON where the column takes no NULL. */
export function jsonOf(column: Column, value: unknown): string | null {
  return value === null && column.nullable ? null : (column.type.encode(value) as string);
}

class IteratorSource extends OneByOne implements BatchSource {
  #done = false;

  constructor(
    private readonly iterator: Iterator<unknown>,
    encoder: RowEncoder,
  ) {
    super(encoder);
  }

  read(batch: Batch, room: number): void {
    for (let rows = 0; rows < room && !this.#done; rows += 1) {
      let next: IteratorResult<unknown>;
      try {
        next = this.iterator.next();
      } catch (error) {
        this.#done = true;
        throw error;
      }
      if (next.done === true) this.#done = true;
      else this.take(batch, next.value);
    }
  }

  close(): void {
    if (!this.#done) this.iterator.return?.();
  }
}

class AsyncSource extends OneByOne implements BatchSource {
  #done = false;

  constructor(
    private readonly iterator: AsyncIterator<unknown>,
    encoder: RowEncoder,
  ) {
    super(encoder);
  }

  async read(batch: Batch, room: number): Promise<void> {
    for (let rows = 0; rows < room && !this.#done; rows += 1) {
      let next: IteratorResult<unknown>;
      try {
        next = await this.iterator.next();
      } catch (error) {
        this.#done = true;
        throw error;
      }
      if (next.done === true) this.#done = true;
      else this.take(batch, next.value);
    }
  }

  async close(): Promise<void> {
    if (!this.#done) await this.iterator.return?.();
  }
}

class ColumnsSource implements BatchSource {
  readonly #values: readonly (ArrayLike<unknown> | undefined)[];
  readonly #length: number;
  #at = 0;

  constructor(
    source: ColumnSource,
    private readonly encoder: RowEncoder,
  ) {
    const { schema, columns } = encoder;
    const refuse: (why: string) => never = (why) => {
      throw new DatabaseError('E_VALIDATION', `${schema.className}: an object of columns ${why}.`, {
        details: { entity: schema.className },
      });
    };
    const given = Object.entries(source).filter(([, values]) => values !== undefined);
    for (const [property, values] of given) {
      if (!columns.some((column) => column.property === property))
        refuse(
          schema.byProperty.has(property)
            ? `cannot write ${property}, which is generated by the database`
            : `has no column '${property}'. Columns: ${columns.map((column) => column.property).join(', ')}`,
        );
      if (!isArray(values)) refuse(`takes an array or a typed array for each property, and '${property}' is none`);
    }
    const [first] = given as [string, ArrayLike<unknown>][];
    if (first === undefined) throw refuse('has at least one column; this one is empty');
    const other = (given as [string, ArrayLike<unknown>][]).find(
      ([, values]) => lengthOf(values) !== lengthOf(first[1]),
    );
    if (other !== undefined)
      refuse(
        `has columns of one length: '${first[0]}' has ${lengthOf(first[1])} values, '${other[0]}' ${lengthOf(other[1])}`,
      );
    this.#length = lengthOf(first[1]);
    this.#values = columns.map(({ property }) => (Object.hasOwn(source, property) ? source[property] : undefined));
  }

  read(batch: Batch, room: number): void {
    const from = this.#at;
    const count = Math.min(room, this.#length - from);
    this.#at += count;
    for (const [index, values] of this.#values.entries()) {
      if (values === undefined) {
        batch.columns[index] = (batch.own[index] as unknown[]).fill(undefined, 0, count);
        batch.missing[index] = count;
      } else if (Array.isArray(values)) {
        const part: unknown[] = values.slice(from, from + count);
        // an array may have become shorter since: what is not there is missing
        part.length = count;
        batch.columns[index] = part;
        batch.missing[index] = part.includes(undefined) ? 1 : 0;
      } else batch.columns[index] = (values as Float64Array).subarray(from, from + count);
    }
    if (!this.encoder.validates) batch.count = count;
    else
      for (; batch.count < count; batch.count += 1)
        this.encoder.validate(batch.row(batch.count), batch.position + batch.count);
  }

  close(): void {}
}

const isArray = (value: unknown): boolean =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
