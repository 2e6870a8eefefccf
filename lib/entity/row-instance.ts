// What rules look at: instances of the class, made of the values that a row gives where it is none itself. Not here: rules (rules.ts),
// rows that are read (hydrate.ts).
import { define } from '../plain-object.js';
import { compile } from './compile.js';
import type { EntitySchema } from './schema.js';

/** Values of each writable column, in the order of the class; undefined is missing. */
export type Cells = readonly ArrayLike<unknown>[];
export type Values = Readonly<Record<string, unknown>>;

type New = new () => object;

export class RowInstances {
  readonly #fromValues: (values: Values) => object;
  readonly #fromCells: (cells: Cells, index: number) => object;

  constructor(private readonly schema: EntitySchema) {
    [this.#fromValues, this.#fromCells] = makersOf(schema);
  }

  /**
   * @param values what is given, by property
   * @param row the row itself: where it is an instance with a constructor of its own, it is copied with all that it has
   */
  of(values: Values, row: unknown): object {
    return this.#withOthers(this.#fromValues(values), row);
  }

  ofCells(cells: Cells, index: number, row: unknown): object {
    return this.#withOthers(this.#fromCells(cells, index), row);
  }

  /** Whether a row is looked at as it is, with its methods and private fields. */
  isOwn(row: unknown): row is object {
    const { target } = this.schema;
    if (!(row instanceof target) || Object.getPrototypeOf(row) !== target.prototype) return false;
    // the class alone says what class it is
    return !Object.hasOwn(row, 'constructor');
  }

  #withOthers(instance: object, row: unknown): object {
    const { target, byProperty } = this.schema;
    if (row instanceof target)
      for (const [property, value] of Object.entries(row))
        if (!byProperty.has(property) && property !== 'constructor') define(instance, property, value);
    return instance;
  }
}

/** Functions made for the columns of a class, whose constructor its instances have not seen. */
function makersOf({
  target,
  columns,
}: EntitySchema): [(values: Values) => object, (cells: Cells, index: number) => object] {
  const Row = function Row() {} as unknown as New;
  Row.prototype = target.prototype as object;
  const writable = columns.filter(({ generated }) => generated === undefined).map(({ property }) => property);
  const made = (from: (property: string, index: number) => string): string =>
    `const row = new Row();
    let value;
    ${writable.map((property, index) => `value = ${from(property, index)}; if (value !== undefined) ${set(target, property)}`).join('\n')}
    return row;`; // prettier-ignore
  const fromValues = `return (given) => { ${made((property) => `given[${JSON.stringify(property)}]`)} };`;
  const fromCells = `return (cells, index) => { ${made((_property, at) => `cells[${at}][index]`)} };`;
  const looped = (valueOf: (property: string, index: number) => unknown): object => {
    const row = new Row();
    for (const [index, property] of writable.entries()) {
      const value = valueOf(property, index);
      if (value !== undefined) define(row, property, value);
    }
    return row;
  };
  const compiled = <F>(body: string): F | undefined =>
    compile<[New, typeof define], F>(['Row', 'define'], body)?.(Row, define);
  return [
    compiled<(values: Values) => object>(fromValues) ?? ((values) => looped((property) => values[property])),
    compiled<(cells: Cells, index: number) => object>(fromCells) ?? ((cells, index) => looped((_property, at) => cells[at]?.[index])), // prettier-ignore
  ];
}

const set = (target: { readonly prototype: unknown }, property: string): string =>
  property in (target.prototype as object)
    ? `define(row, ${JSON.stringify(property)}, value);`
    : `row[${JSON.stringify(property)}] = value;`;
