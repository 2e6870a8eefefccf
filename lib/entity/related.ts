// Related rows as instances: read out of the structs that a statement makes of them. Not here: the statement (sql/include.ts).
import type { DuckDBListType, DuckDBStructType, DuckDBType } from '@duckdb/node-api';
import { listsBy, structsBy } from '../vector/nested-reader.js';
import type { VectorReader } from '../vector/reader.js';
import { readerFor } from './decode.js';
import type { Hydrate } from './hydrate.js';
import type { As } from './property-type.js';
import type { SqlType } from './sql-type.js';

/** How a column of a result is read: as its property is declared, or as rows of an entity. */
export type ColumnReading = As | OwnReader | undefined;

/** Whatever knows by itself how values of a type are read. */
export interface OwnReader {
  reader(type: DuckDBType): VectorReader;
}

/** How a column, or what is computed of one, is read. */
export const readingOf = ({ type, as }: { readonly type: Pick<SqlType, 'document'>; readonly as: As | undefined }): ColumnReading => type.document ?? as; // prettier-ignore

/** One row, null for NULL; lists of rows, empty for NULL: as they come, or by a number that is each struct's first member. */
export type Kind = 'one' | 'many' | 'in order';

/** Structs of an entity's columns, or lists of these, as its instances. */
export class Related implements OwnReader {
  constructor(
    private readonly kind: Kind,
    private readonly readings: readonly ColumnReading[],
    private readonly hydrate: Hydrate,
  ) {}

  reader(type: DuckDBType): VectorReader {
    const { kind } = this;
    const struct = (kind === 'one' ? type : (type as DuckDBListType).valueType) as DuckDBStructType;
    const readings = kind === 'in order' ? (['number', ...this.readings] as const) : this.readings;
    const members = struct.entryTypes.map((member, index) => readerOf(member, readings[index]));
    if (kind === 'one') return structsBy(members, (columns) => this.#rows(columns, 1)[0]);
    if (kind === 'many') return listsBy(members, (columns, length) => this.#rows(columns, length));
    return listsBy(members, ([places, ...columns], length) => this.#rows(ordered(columns, places as number[]), length));
  }

  #rows(columns: readonly unknown[][], length: number): object[] {
    const rows: object[] = [];
    this.hydrate(columns, length, rows);
    return rows;
  }
}

function ordered(columns: readonly unknown[][], places: readonly number[]): readonly unknown[][] {
  if (places.every((place, index) => index === 0 || place > (places[index - 1] as number))) return columns;
  const order = [...places.keys()].toSorted((one, other) => (places[one] as number) - (places[other] as number));
  return columns.map((column) => order.map((index) => column[index]));
}

/** How a column of a result of this type is read. */
export const readerOf = (type: DuckDBType, reading: ColumnReading | 'raw'): VectorReader =>
  typeof reading === 'object' ? reading.reader(type) : readerFor(type, reading);
