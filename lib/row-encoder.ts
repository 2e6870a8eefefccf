// Rows of an entity as DuckDB values: what was given, the defaults Node makes, and every complaint with its row and
// `Entity.property`. Not here: statements.
import type { DuckDBValue } from '@duckdb/node-api';
import { DefaultValue } from './entity/default.js';
import { Misfit, describe } from './entity/misfit.js';
import type { Rules } from './entity/rules.js';
import type { Column, EntitySchema } from './entity/schema.js';
import { DatabaseError, type ErrorCode } from './errors.js';
import { Fragment } from './fragment.js';

/** A value that only the database can make: the bulk path asks for it, a single insert leaves the column out. */
export const FROM_DATABASE = Symbol('from the database');

export interface EncodedRow {
  /** of each writable column */
  readonly values: (DuckDBValue | typeof FROM_DATABASE)[];
  /** the columns that the row itself set */
  readonly given: ReadonlySet<Column>;
}

export type EncodedPatch = Map<Column, { value: DuckDBValue } | Fragment>;

export class RowEncoder {
  readonly #writable: readonly Column[];

  constructor(
    readonly schema: EntitySchema,
    /** the rules that rows are judged by, where there are any */
    readonly rules: Rules | undefined,
    readonly now: () => number,
  ) {
    this.#writable = schema.columns.filter((column) => column.generated === undefined);
  }

  /** Columns that can be written, in the order of the class. */
  get columns(): readonly Column[] {
    return this.#writable;
  }

  /**
   * A row that its rules have judged. Its values are those that it had when this was called, also where a rule is waited for.
   *
   * @param position the row's number among several, from 0
   * @throws DatabaseError `E_VALIDATION` for unknown properties and broken rules, `E_NOT_NULL`, `E_CONVERSION`; a promise of it rejects
   *   with what a rule that is waited for comes to
   */
  row(row: unknown, position?: number): EncodedRow | Promise<EncodedRow> {
    const { rules } = this;
    if (rules === undefined) return this.encoded(row, position);
    const object = this.check(row, position);
    const values = this.#valuesOf(object);
    return after(rules.judge(rules.lookedAt(values, object, position), position), () => this.encoded(values, position));
  }

  /**
   * A row as it is, whatever its rules say.
   *
   * @throws DatabaseError as `row`, but for broken rules
   */
  encoded(row: unknown, position: number | undefined): EncodedRow {
    const object = this.check(row, position);
    const given = new Set<Column>();
    const values = this.#writable.map((column) => {
      const value = object[column.property];
      if (value === undefined) return this.#missing(column, position);
      given.add(column);
      return this.#encode(column, value, position);
    });
    return { values, given };
  }

  /** A patch: the columns it sets, judged by their rules. Fragments are computed by the database. */
  patch(patch: unknown): EncodedPatch | Promise<EncodedPatch> {
    const object = this.check(patch, undefined);
    const { rules } = this;
    if (rules === undefined) return this.#patch(object);
    const values = this.#valuesOf(object);
    return after(rules.judge(rules.lookedAtPatch(values, object), undefined, true), () => this.#patch(values));
  }

  /** What a row gives, read once: what its rules have seen is what is written. */
  #valuesOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const { property } of this.#writable) {
      const value = object[property];
      if (value !== undefined) values[property] = value;
    }
    return values;
  }

  #patch(object: Readonly<Record<string, unknown>>): EncodedPatch {
    const set = new Map<Column, { value: DuckDBValue } | Fragment>();
    for (const column of this.#writable) {
      const value = object[column.property];
      if (value === undefined) continue;
      set.set(column, value instanceof Fragment ? value : { value: this.#encode(column, value, undefined) });
    }
    return set;
  }

  /**
   * Whether it is a row by its shape.
   *
   * @throws DatabaseError `E_VALIDATION` for what is no object, and for unknown properties
   */
  check(row: unknown, position: number | undefined): Record<string, unknown> {
    if (typeof row !== 'object' || row === null || Array.isArray(row) || row instanceof Promise) {
      throw this.#error('E_VALIDATION', `expects an object of its properties, got ${describe(row)}`, position);
    }
    const object = row as Record<string, unknown>;
    for (const property of Object.keys(object)) {
      const column = this.schema.byProperty.get(property);
      if (column === undefined) {
        // instances may carry members that are no columns; plain rows may not, for there they are typos
        if (object instanceof this.schema.target) continue;
        throw this.#error(
          'E_VALIDATION',
          `has no column '${property}'. Columns: ${this.#writable.map((each) => each.property).join(', ')}`,
          position,
        );
      }
      if (column.generated !== undefined && object[property] !== undefined && !(object instanceof this.schema.target)) {
        throw this.#error('E_VALIDATION', `${property} is generated by the database and cannot be written`, position);
      }
    }
    return object;
  }

  #missing(column: Column, position: number | undefined): DuckDBValue | typeof FROM_DATABASE {
    const { default: value } = column;
    if (value instanceof DefaultValue) {
      if (value.make === undefined) return FROM_DATABASE;
      return column.type.encode(value.make(this.now, column.type));
    }
    if (value instanceof Fragment) return FROM_DATABASE;
    if (value !== undefined) return value.literal;
    if (column.nullable) return null;
    throw this.#columnError('E_NOT_NULL', column, 'is missing, and the column is NOT NULL without a default', position);
  }

  #encode(column: Column, value: unknown, position: number | undefined): DuckDBValue {
    if (value === null && (column.nullable || !column.type.json)) {
      if (column.nullable) return null;
      throw this.#columnError('E_NOT_NULL', column, 'is null, and the column is NOT NULL', position);
    }
    try {
      return column.type.encode(value, column.as);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw this.#columnError('E_CONVERSION', column, `(${column.type.name}) ${error.message}`, position, error);
    }
  }

  #columnError(
    code: ErrorCode,
    column: Column,
    why: string,
    position: number | undefined,
    cause?: unknown,
  ): DatabaseError {
    const details = {
      entity: this.schema.className,
      table: this.schema.table,
      property: column.property,
      columns: [column.name],
    };
    const message = `${position === undefined ? '' : `Row ${position}: `}${this.schema.className}.${column.property} ${why}.`;
    return new DatabaseError(code, message, {
      details: position === undefined ? details : { ...details, row: position },
      cause,
    });
  }

  #error(code: ErrorCode, why: string, position: number | undefined): DatabaseError {
    const row = position === undefined ? {} : { row: position };
    return new DatabaseError(
      code,
      `${position === undefined ? '' : `Row ${position}: `}${this.schema.className} ${why}.`,
      {
        details: { entity: this.schema.className, ...row },
      },
    );
  }
}

/** What is made at once, and given when the judgement is there: what is given may change while it is waited for. */
function after<T>(judged: void | Promise<void>, make: () => T): T | Promise<T> {
  if (judged === undefined) return make();
  // where that throws, it is what is told
  judged.catch(() => {});
  const made = make();
  return judged.then(() => made);
}
