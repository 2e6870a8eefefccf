// SELECT of rows by the values of their primary key: of one row, and of several by a sole key column. The text is made once.
// Not here: whose keys they are (point-reads.ts), any other condition (select.ts).
import type { DuckDBValue } from '@duckdb/node-api';
import { quote } from '../entity/identifier.js';
import { Misfit } from '../entity/misfit.js';
import { readingOf } from '../entity/related.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { literal } from './literal.js';
import { tableName, type Statement } from './statement.js';

/** The encoded values of a primary key, in the order of its columns. */
export type Key = readonly DuckDBValue[];

export class PointSelect {
  readonly #key: readonly Column[];
  readonly #head: string;
  readonly #one: string;
  readonly #several = new Map<number, string>();
  readonly #shape: Pick<Statement, 'reads' | 'writes' | 'as'>;

  constructor(entity: EntitySchema) {
    this.#key = entity.primaryKey;
    this.#head = `SELECT ${entity.columns.map((column) => quote(column.name)).join(', ')} FROM ${tableName(entity)} WHERE `;
    const conditions = this.#key.map((column, index) => `${quote(column.name)} = $${index + 1}`);
    const where = conditions.length === 1 ? conditions[0] : `(${conditions.join(' AND ')})`;
    this.#one = `${this.#head}${where} LIMIT 1`;
    this.#shape = { reads: [entity.id], writes: [], as: entity.columns.map(readingOf) };
  }

  /** The key that an id says; undefined for what is none, or says more than values: a condition tells why, or takes it. */
  keyOf(id: unknown): Key | undefined {
    const { length } = this.#key;
    if (length === 0 || id === null || id === undefined) return undefined;
    if (typeof id !== 'object' || id instanceof Date || id instanceof Uint8Array)
      return length === 1 ? this.#encoded([id]) : undefined;
    const given = id as Readonly<Record<string, unknown>>;
    if (Object.keys(given).length !== length) return undefined;
    return this.#encoded(this.#key.map((column) => given[column.property]));
  }

  #encoded(values: readonly unknown[]): Key | undefined {
    try {
      return this.#key.map((column, index) => column.type.encode(values[index], column.as));
    } catch (error) {
      if (error instanceof Misfit) return undefined;
      throw error;
    }
  }

  /** The row of one key. */
  one(key: Key): Statement {
    const parameters = key.map((value, index) => ({ value, type: (this.#key[index] as Column).type.duckdb }));
    return { text: this.#one, parameters, ...this.#shape };
  }

  /**
   * The rows of several keys of one column, in any order. The number of parameters is a power of two, so that a few texts do for
   * any number of keys; what is too many repeats the last key.
   */
  several(keys: readonly Key[]): Statement {
    const [column] = this.#key as readonly [Column];
    const size = 2 ** Math.ceil(Math.log2(keys.length));
    let text = this.#several.get(size);
    if (text === undefined) {
      const places = Array.from({ length: size }, (_place, index) => `$${index + 1}`).join(', ');
      this.#several.set(size, (text = `${this.#head}${quote(column.name)} IN (${places})`));
    }
    const parameters = Array.from({ length: size }, (_place, index) => ({
      value: (keys[index] ?? (keys.at(-1) as Key))[0] as DuckDBValue,
      type: column.type.duckdb,
    }));
    return { text, parameters, ...this.#shape };
  }
}

/** A text for a value of this column: the same for values that SQL holds equal. */
export function keyText(column: Column, value: DuckDBValue): string {
  if (typeof value === 'string') return value;
  // a float column holds less than the number that was asked for; of 0 and -0 the text is one
  if (typeof value === 'number') return String(column.type.name === 'float' ? Math.fround(value) : value);
  return literal(value);
}
