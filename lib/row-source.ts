// Where many rows come from: an array, an iterable, an async one, or an object of columns. Not here: encoding them
// (chunk-encoder.ts).
import type { Batch } from './batch.js';
import type { Rules } from './entity/rules.js';
import type { Column } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import type { Limit } from './limit.js';
import { isPlain } from './plain-object.js';
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

/** Waits for what rules come to, as long as it makes sense. */
export type Wait = <T>(judging: Promise<T>) => Promise<T>;

/** @throws DatabaseError `E_VALIDATION` for what has no rows */
export function batchesOf(source: RowSource, encoder: RowEncoder, limit: Limit | undefined, wait: Wait): BatchSource {
  const given: unknown = source;
  if (Array.isArray(given) && given[Symbol.iterator] === Array.prototype[Symbol.iterator])
    return encoder.rules?.awaits
      ? new AwaitedSource(given, encoder, encoder.rules, wait)
      : new ArraySource(given, encoder, wait);
  if (typeof given === 'object' && given !== null) {
    if (Symbol.asyncIterator in given) {
      const items = given as AsyncIterable<unknown>;
      // a source that may hang is left where the limit stops
      return new AsyncSource((limit === undefined ? items : limit.items(items))[Symbol.asyncIterator](), encoder, wait);
    }
    if (Symbol.iterator in given)
      return new IteratorSource((given as Iterable<unknown>)[Symbol.iterator](), encoder, wait);
    if (isPlain(given)) return new ColumnsSource(given as ColumnSource, encoder, wait);
  }
  throw new DatabaseError(
    'E_VALIDATION',
    'insertMany and upsert take rows: an array, an iterable or an async iterable of objects, or an object of columns.',
  );
}

/** What rows have in common. */
class Rows {
  readonly #gather: Gather;
  readonly #check: (row: unknown) => boolean;

  /** @param wait for what a rule comes to */
  constructor(
    protected readonly encoder: RowEncoder,
    private readonly wait: Wait,
  ) {
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

  /** Reads rows into the batch without counting them in. @returns how many, before the first that is no row */
  protected gather(batch: Batch, rows: ArrayLike<unknown>, from: number, count: number): number {
    return this.#gather(rows, from, count, batch, this.#check);
  }

  /** A promise where a rule is waited for. */
  protected add(batch: Batch, rows: ArrayLike<unknown>, from: number, count: number): void | Promise<void> {
    const done = this.gather(batch, rows, from, count);
    const refuse = (): void => {
      if (done < count) this.encoder.check(rows[from + done], batch.position + batch.count);
    };
    const judging = countIn(this.encoder, batch, done, this.wait, (index) => rows[from + index]);
    return judging === undefined ? refuse() : judging.then(refuse);
  }
}

/**
 * Counts rows in that are in the columns of the batch already, each when its rules have judged it.
 *
 * @param objectOf the row itself, where there is one
 */
function countIn(
  { rules }: RowEncoder,
  batch: Batch,
  count: number,
  wait: Wait,
  objectOf: (index: number) => unknown,
): void | Promise<void> {
  if (rules === undefined) {
    batch.count += count;
    return undefined;
  }
  const judge = (index: number): void | Promise<void> => {
    const judging = judgeOne(rules, batch, objectOf(index));
    return judging === undefined ? undefined : wait(judging);
  };
  for (let index = 0; index < count; index += 1) {
    const judging = judge(index);
    if (judging !== undefined) return inTurn(judging, index);
    batch.count += 1;
  }
  return undefined;
  async function inTurn(first: Promise<void>, from: number): Promise<void> {
    await first;
    batch.count += 1;
    for (let index = from + 1; index < count; index += 1, batch.count += 1) await judge(index);
  }
}

/** The row behind those that are counted. */
function judgeOne(rules: Rules, { columns, count, position }: Batch, object: unknown): void | Promise<void> {
  return rules.judge(rules.lookedAtCells(columns, count, object, position + count), position + count);
}

/** Encoded before anybody else runs, so that its rows are read as they are. */
class ArraySource extends Rows implements BatchSource {
  #at = 0;

  constructor(
    private readonly rows: readonly unknown[],
    encoder: RowEncoder,
    wait: Wait,
  ) {
    super(encoder, wait);
  }

  read(batch: Batch, room: number): void | Promise<void> {
    const from = this.#at;
    const count = Math.min(room, Math.max(0, this.rows.length - from));
    this.#at += count;
    return this.add(batch, this.rows, from, count);
  }

  close(): void {}
}

/** Rows one by one: each may be the same object again, with other values in it. */
class OneByOne extends Rows {
  readonly #mutable: readonly (readonly [index: number, column: Column])[];
  readonly #row: unknown[] = [undefined];

  constructor(encoder: RowEncoder, wait: Wait) {
    super(encoder, wait);
    this.#mutable = encoder.columns.flatMap((column, index) =>
      column.type.json || MUTABLE.has(column.type.family) ? [[index, column] as const] : [],
    );
  }

  /** A promise where a rule is waited for, which sees the row as it is now. */
  protected take(batch: Batch, row: unknown): void | Promise<void> {
    this.#row[0] = row;
    const at = batch.count;
    const judging = this.add(batch, this.#row, 0, 1);
    this.keep(batch, at);
    return judging;
  }

  /** Nothing that anybody does to a row changes what is in the batch. */
  protected keep(batch: Batch, at: number): void {
    batch.texts = true;
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

/** As many rows wait for their rules at once. */
const WAITING = 16;

/** An array whose rules are known to be waited for: read at once, so that its rows are what they were, and judged then. */
class AwaitedSource extends OneByOne implements BatchSource {
  #at = 0;

  constructor(
    private readonly rows: readonly unknown[],
    encoder: RowEncoder,
    private readonly rules: Rules,
    private readonly waiting: Wait,
  ) {
    super(encoder, waiting);
  }

  async read(batch: Batch, room: number): Promise<void> {
    const objects: object[] = [];
    const { position } = batch;
    let refused: (() => void) | undefined;
    for (; objects.length < room && this.#at < this.rows.length; this.#at += 1, batch.count += 1) {
      const at = batch.count;
      const row = this.rows[this.#at];
      if (this.gather(batch, this.rows, this.#at, 1) === 0) {
        refused = () => this.encoder.check(row, position + at);
        break;
      }
      try {
        objects.push(this.rules.lookedAtCells(batch.columns, at, row, position + at));
      } catch (error) {
        refused = () => {
          throw error;
        };
        break;
      }
      this.keep(batch, at);
    }
    for (let from = 0; from < objects.length; from += WAITING) {
      const judging = objects.slice(from, from + WAITING).map(async (object, index) => this.rules.judge(object, position + from + index)); // prettier-ignore
      const settled = await this.waiting(Promise.allSettled(judging));
      const bad = settled.findIndex(({ status }) => status === 'rejected');
      if (bad < 0) continue;
      batch.count = from + bad;
      throw (settled[bad] as PromiseRejectedResult).reason;
    }
    refused?.();
  }

  close(): void {}
}

class IteratorSource extends OneByOne implements BatchSource {
  #done = false;

  constructor(
    private readonly iterator: Iterator<unknown>,
    encoder: RowEncoder,
    wait: Wait,
  ) {
    super(encoder, wait);
  }

  read(batch: Batch, room: number): void | Promise<void> {
    for (let rows = 0; rows < room && !this.#done; rows += 1) {
      const judging = this.#next(batch);
      if (judging !== undefined) return this.#inTurn(batch, room - rows - 1, judging);
    }
    return undefined;
  }

  async #inTurn(batch: Batch, room: number, first: Promise<void>): Promise<void> {
    await first;
    for (let rows = 0; rows < room && !this.#done; rows += 1) await this.#next(batch);
  }

  #next(batch: Batch): void | Promise<void> {
    let next: IteratorResult<unknown>;
    try {
      next = this.iterator.next();
    } catch (error) {
      this.#done = true;
      throw error;
    }
    if (next.done !== true) return this.take(batch, next.value);
    this.#done = true;
    return undefined;
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
    wait: Wait,
  ) {
    super(encoder, wait);
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
      if (next.done === true) {
        this.#done = true;
        return;
      }
      const judging = this.take(batch, next.value);
      // nobody waits where nothing is to be waited for
      if (judging !== undefined) await judging;
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
    private readonly wait: Wait,
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

  read(batch: Batch, room: number): void | Promise<void> {
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
    return countIn(this.encoder, batch, count, this.wait, () => undefined);
  }

  close(): void {}
}

const isArray = (value: unknown): boolean =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
