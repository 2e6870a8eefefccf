// A statement as the engine takes it: text, parameters, and what it reads and writes; and the builder that numbers the
// parameters. Not here: any particular statement.
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { quote } from '../entity/identifier.js';
import type { ColumnReading } from '../entity/related.js';
import type { EntitySchema } from '../entity/schema.js';
import { fileTable } from './file-table.js';

/** A bound value: always with its type, for the binding's own guesses lose signs, digits and dates. */
export interface Parameter {
  readonly value: DuckDBValue;
  readonly type: DuckDBType;
}

/** The table id that stands for every table: what raw SQL touches cannot be known. */
export const EVERYTHING = '*';

/** Stands for files: what was read of them depends on everything, and no table has such an id. Exports write it. */
export const FILES = 'files';

/** Stands for sequences in the same way. A query that takes a number of one writes it. */
export const SEQUENCES = 'sequences';

/** An immutable statement. */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly Parameter[];
  /** ids of the tables it reads; `EVERYTHING` where unknown */
  readonly reads: readonly string[];
  /** ids of the tables it writes; `EVERYTHING` where unknown; empty for none */
  readonly writes: readonly string[];
  /** how to read each result column, where not by its type's own way */
  readonly as?: readonly ColumnReading[];
  /** true for a step that the library takes by itself for a call, which nobody asked for as such */
  readonly internal?: boolean;
}

/** Collects text and parameters in order. */
export class SqlBuilder {
  readonly #parts: string[] = [];
  readonly #parameters: Parameter[] = [];
  readonly tables = new Set<string>();

  add(text: string): this {
    this.#parts.push(text);
    return this;
  }

  parameter(value: DuckDBValue, type: DuckDBType): this {
    return this.add(this.bind(value, type));
  }

  /** A parameter whose name is put into the text by the caller, once or several times. */
  bind(value: DuckDBValue, type: DuckDBType): string {
    return `$${this.#parameters.push({ value, type })}`;
  }

  /** What `write` adds, as text to use more than once: its parameters are numbered here, and keep their numbers. */
  aside(write: () => unknown): string {
    const start = this.#parts.length;
    write();
    return this.#parts.splice(start).join('');
  }

  /** `table` in a FROM or INTO, or the files in its place, noted as touched. */
  table(entity: EntitySchema): this {
    // whoever writes files tells nobody
    this.tables.add(entity.from === undefined ? entity.id : EVERYTHING);
    return this.add(entity.from === undefined ? tableName(entity) : fileTable(entity, entity.from));
  }

  /** The parts, with `separator` between them. */
  list<T>(items: Iterable<T>, each: (item: T) => unknown, separator = ', '): this {
    let first = true;
    for (const item of items) {
      if (!first) this.add(separator);
      first = false;
      each(item);
    }
    return this;
  }

  reading(as?: readonly ColumnReading[]): Statement {
    return this.#build([], as);
  }

  writing(table: string, as?: readonly ColumnReading[]): Statement {
    return this.#build([table], as);
  }

  #build(writes: readonly string[], as: readonly ColumnReading[] | undefined): Statement {
    const reads = [...this.tables];
    return {
      text: this.#parts.join(''),
      parameters: this.#parameters,
      reads,
      writes,
      ...(as === undefined ? {} : { as }),
    };
  }
}

/** The quoted name of an entity's table. */
export function tableName(entity: { readonly schema: string | undefined; readonly table: string }): string {
  return entity.schema === undefined ? quote(entity.table) : `${quote(entity.schema)}.${quote(entity.table)}`;
}
