// What an SQL type is to columns and parameters. Not here: the types there are (types.ts, built-types.ts).
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { VectorReader } from '../vector/reader.js';
import type { VectorWriter } from '../vector/vector-writer.js';
import type { As } from './property-type.js';

/** What kind of values a type has, for operators and aggregates. */
export type Family = 'boolean' | 'integer' | 'bigint' | 'real' | 'decimal' | 'text' | 'time' | 'list' | 'other';

/** One SQL type, as columns and parameters use it. */
export interface SqlType {
  /** its name in declarations and messages */
  readonly name: string;
  /** its DDL; enums and nested enums are quoted */
  readonly ddl: string;
  /** its type in the binding, for parameters and chunks */
  readonly duckdb: DuckDBType;
  readonly family: Family;
  /** whether DuckDB can use it as a key or in an index */
  readonly indexable: boolean;
  /** the other property types it can be read and written as */
  readonly as: readonly As[];
  /** @throws Misfit when the type cannot hold the value exactly */
  encode(value: unknown, as?: As): DuckDBValue;
  /** For many values: takes and refuses what `encode` does, by the same checks. Undefined is NULL to it, as null is. */
  writer(as?: As): VectorWriter;
  /** items of a list or an array */
  readonly item?: SqlType;
  /** members of a struct or a union */
  readonly members?: ReadonlyMap<string, SqlType>;
  /** what a map has */
  readonly entry?: { readonly key: SqlType; readonly value: SqlType };
  /** enums that must exist before a table uses this type */
  readonly enums: readonly EnumType[];
  /** JSON null and SQL NULL are two things for this type */
  readonly json?: true;
  /** what its documents are instances of, where the property has class-transformer's @Type */
  readonly document?: DocumentForm;
}

/** Plain data in the table, instances in the property. */
export interface DocumentForm {
  /** @throws Misfit where class-transformer, or code of the class, fails */
  readonly toPlain: (value: unknown) => unknown;
  /** For rules, which look at instances: plain objects count as the members of one. */
  asInstances(value: unknown): unknown;
  reader(type: DuckDBType): VectorReader;
}

export interface EnumType {
  readonly name: string;
  readonly values: readonly string[];
}

/** A scalar type without what follows from its name. */
export type Scalar = Omit<SqlType, 'name' | 'enums' | 'ddl' | 'indexable' | 'as'> &
  Partial<Pick<SqlType, 'ddl' | 'indexable' | 'as'>>;
