// JSON columns whose property has class-transformer's @Type: instances in the class, plain data in the table. Not here: what the
// decorators say (../typed-property.ts), JSON as text (json-text.ts).
import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import { isTooDeep } from '../errors.js';
import { TypedProperty } from '../typed-property.js';
import type { VectorReader } from '../vector/reader.js';
import { readerFor } from './decode.js';
import { jsonText } from './json-text.js';
import { jsonWriter } from './json-writer.js';
import { Misfit } from './misfit.js';
import type { DocumentForm, SqlType } from './sql-type.js';

/** What the documents of one column are instances of. */
export class DocumentClass implements DocumentForm {
  private constructor(private readonly typed: TypedProperty) {}

  /** undefined where the property of a class has no @Type */
  static of(target: unknown, property: string): DocumentClass | undefined {
    const typed = TypedProperty.of(target, property);
    return typed && new DocumentClass(typed);
  }

  /**
   * What is written of a value. What could not be read again is not written: an insert gives its row back when that is committed.
   *
   * @throws Misfit where class-transformer, or code of the class, fails; for what JSON has not
   */
  readonly toPlain = (value: unknown): unknown => {
    if (value === null || value === undefined) return value;
    const plain = this.#made('be made plain data', (typed) => typed.toPlain(value));
    if (plain !== undefined) this.toInstance(JSON.parse(jsonText(plain)));
    return plain;
  };

  /** What a document is read as. @throws Misfit as `toPlain` */
  readonly toInstance = (plain: unknown): unknown =>
    plain === null || plain === undefined ? plain : this.#made('be made an instance', (typed) => typed.toInstance(plain)); // prettier-ignore

  /** The type of a json column that has these documents. */
  typeOf(json: SqlType): SqlType {
    const { toPlain } = this;
    return {
      ...json,
      document: this,
      encode: (value) => jsonText(toPlain(value)),
      writer: () => jsonWriter(true, toPlain),
    };
  }

  reader(type: DuckDBType): VectorReader {
    const documents = readerFor(type, undefined);
    const { toInstance } = this;
    // documents that an aggregate has collected
    const collected = type.typeId === DuckDBTypeId.LIST;
    return {
      open(vector, count) {
        const items = documents.open(vector, count);
        return (index) => {
          const item = items(index);
          return collected && Array.isArray(item) ? item.map(toInstance) : toInstance(item);
        };
      },
    };
  }

  #made(what: string, make: (typed: TypedProperty) => unknown): unknown {
    try {
      return make(this.typed);
    } catch (error) {
      const why = isTooDeep(error) ? 'it is nested too deep, or leads back to itself' : 'a decorator, a constructor or a getter of its class threw'; // prettier-ignore
      throw new Misfit(`could not ${what} by class-transformer: ${why}`, { cause: error });
    }
  }
}
