// INSERT of rows that give values for the same columns, one or several, giving them back as stored. The text is made once.
// Not here: encoding of rows (row-encoder.ts), which rows go together (group-commit.ts), other writes (write.ts).
import { DuckDBListValue, LIST, type DuckDBValue } from '@duckdb/node-api';
import { quote } from '../entity/identifier.js';
import { readingOf } from '../entity/related.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { tableName, type Statement } from './statement.js';

const names = (columns: readonly Column[]): string => columns.map((column) => quote(column.name)).join(', ');

export class RowInsert {
  readonly #one: string;
  readonly #several: string;
  readonly #unseen: string;
  readonly #shape: Pick<Statement, 'reads' | 'writes' | 'as'>;

  constructor(
    entity: EntitySchema,
    /** the columns that the rows give values for; the others are the database's to fill */
    readonly columns: readonly Column[],
  ) {
    const into = `INSERT INTO ${tableName(entity)}`;
    const returning = ` RETURNING ${names(entity.columns)}`;
    const places = columns.map((_column, index) => `$${index + 1}`);
    this.#one =
      columns.length === 0
        ? `${into} DEFAULT VALUES${returning}`
        : `${into} (${names(columns)}) VALUES (${places.join(', ')})${returning}`;
    this.#unseen = `${into} (${names(columns)}) SELECT ${places.map((place) => `unnest(${place})`).join(', ')}`;
    this.#several = this.#unseen + returning;
    this.#shape = { reads: [entity.id], writes: [entity.id], as: entity.columns.map(readingOf) };
  }

  one(row: readonly DuckDBValue[]): Statement {
    const parameters = row.map((value, index) => ({ value, type: (this.columns[index] as Column).type.duckdb }));
    return { text: this.#one, parameters, ...this.#shape };
  }

  /**
   * Several rows at once, given back in their order: one list for each column, so that one text does for any number of them. As
   * long as they are one vector of DuckDB's, of 2,048, nothing reorders them. Not for rows without values.
   */
  several(rows: readonly (readonly DuckDBValue[])[]): Statement {
    return { text: this.#several, parameters: this.#lists(rows), ...this.#shape };
  }

  /** The same, given back as a number. */
  unseen(rows: readonly (readonly DuckDBValue[])[]): Statement {
    return { text: this.#unseen, parameters: this.#lists(rows), ...this.#shape, as: [] };
  }

  #lists(rows: readonly (readonly DuckDBValue[])[]): Statement['parameters'] {
    return this.columns.map((column, index) => ({
      value: new DuckDBListValue(rows.map((row) => row[index] as DuckDBValue)),
      type: LIST(column.type.duckdb),
    }));
  }
}
