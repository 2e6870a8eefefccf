// Values out of rows into columns, in one pass. Not here: what the values mean, and words for what is wrong.
import type { Batch } from './batch.js';
import { compile } from './entity/compile.js';
import type { EntitySchema, Column } from './entity/schema.js';

/**
 * Reads `count` rows from `from` on into the batch, behind those it has.
 *
 * @param check looks at what has none of the usual shapes: whether it is a row all the same
 * @returns how many were read, before the first that is no row
 */
export type Gather = (
  rows: ArrayLike<unknown>,
  from: number,
  count: number,
  batch: Batch,
  check: (row: unknown) => boolean,
) => number;

type Compiled = (
  rows: ArrayLike<unknown>,
  from: number,
  count: number,
  columns: readonly unknown[][],
  missing: Uint32Array,
  at: number,
  check: (row: unknown) => boolean,
  usual: Usual,
) => number;

/**
 * Whether a row has the shape that needs no closer look: an instance of the class, or a plain object with as many properties
 * of its own as columns had values.
 */
type Usual = (row: object, given: number) => boolean;

const compiled = new WeakMap<EntitySchema, Compiled>();

export function gathererOf(schema: EntitySchema, columns: readonly Column[]): Gather {
  const { prototype } = schema.target;
  // a property that every object has would be counted for rows that do not have it
  const inherited = columns.some(({ property }) => property in Object.prototype);
  const usual: Usual = (row, given) => {
    const own: unknown = Object.getPrototypeOf(row);
    if (own === prototype) return true;
    return own === Object.prototype && !inherited && Object.keys(row).length === given;
  };
  let run = compiled.get(schema);
  if (run === undefined) {
    const properties = columns.map(({ property }) => property);
    run = gathererFor(properties) ?? interpret(properties);
    compiled.set(schema, run);
  }
  const ready = run;
  return (rows, from, count, batch, check) =>
    ready(rows, from, count, batch.own, batch.missing, batch.count, check, usual);
}

/** A function made for these properties alone, which V8 makes several times faster; undefined where no code may be made. */
export function gathererFor(properties: readonly string[]): Compiled | undefined {
  const each = (line: (property: string, index: number) => string): string =>
    properties.map((property, index) => line(JSON.stringify(property), index)).join('\n');
  return compile<Parameters<Compiled>, number>(
    ['rows', 'from', 'count', 'columns', 'missing', 'at', 'check', 'usual'],
    `${each((_property, index) => `const c${index} = columns[${index}]; let m${index} = 0;`)}
    let done = 0;
    for (; done < count; done += 1) {
      const row = rows[from + done];
      if (typeof row !== 'object' || row === null) break;
      const to = at + done;
      let given = ${properties.length};
      ${each(
        (property, index) =>
          `const v${index} = row[${property}]; c${index}[to] = v${index}; if (v${index} === undefined) { given -= 1; m${index} += 1; }`,
      )}
      if (!usual(row, given) && !check(row)) break;
    }
    ${each((_property, index) => `missing[${index}] += m${index};`)}
    return done;`,
  );
}

export function interpret(properties: readonly string[]): Compiled {
  return (rows, from, count, columns, missing, at, check, usual) => {
    for (let done = 0; done < count; done += 1) {
      const row = rows[from + done];
      if (typeof row !== 'object' || row === null) return done;
      let given = properties.length;
      for (let index = 0; index < properties.length; index += 1) {
        const value = (row as Record<string, unknown>)[properties[index] as string];
        (columns[index] as unknown[])[at + done] = value;
        if (value === undefined) {
          given -= 1;
          missing[index] = (missing[index] as number) + 1;
        }
      }
      if (!usual(row, given) && !check(row)) return done;
    }
    return count;
  };
}
