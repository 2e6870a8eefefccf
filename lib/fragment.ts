// A piece of SQL as data: the literal parts and what stands between them, not yet read. Not here: what an interpolated
// value becomes; sql/render.ts decides that when the statement is built.
import { DatabaseError } from './errors.js';

const OWN = Symbol('fragment');

/**
 * An immutable piece of SQL. Only code can make one (`sql`), so a value from outside is never taken for SQL.
 *
 * @example const dear: Fragment = sql`price > ${100}`;
 */
export class Fragment {
  /** @internal */
  readonly strings: readonly string[];
  /** @internal */
  readonly values: readonly unknown[];

  /** @internal */
  constructor(strings: readonly string[], values: readonly unknown[], key: typeof OWN) {
    if (key !== OWN) throw new DatabaseError('E_QUERY', 'A Fragment is made by sql`...` alone.');
    if (strings.some((text) => text.includes('\0'))) {
      throw new DatabaseError(
        'E_QUERY',
        'SQL text holds a NUL character, at which DuckDB would cut it off. Remove it.',
      );
    }
    this.strings = Object.freeze([...strings]);
    this.values = Object.freeze([...values]);
    Object.freeze(this);
  }
}

function tag(strings: TemplateStringsArray, ...values: readonly unknown[]): Fragment {
  if (!Array.isArray(strings) || !Object.hasOwn(strings, 'raw')) {
    throw new DatabaseError('E_QUERY', 'sql is a template tag: write sql`select ...`, not sql("select ...").');
  }
  return new Fragment(strings, values, OWN);
}

function join(parts: readonly unknown[], separator: Fragment = comma): Fragment {
  if (!Array.isArray(parts)) throw new DatabaseError('E_QUERY', 'sql.join takes an array of fragments or values.');
  const given: unknown = separator;
  const [glue] = given instanceof Fragment && given.values.length === 0 ? given.strings : [];
  if (glue === undefined) {
    throw new DatabaseError('E_QUERY', 'sql.join: the separator is a fragment without values, such as sql` and `.');
  }
  if (parts.length === 0) return empty;
  return new Fragment(['', ...parts.slice(1).map(() => glue), ''], parts, OWN);
}

function raw(text: string): Fragment {
  if (typeof text !== 'string') throw new DatabaseError('E_QUERY', 'sql.raw takes the text of some SQL.');
  return new Fragment([text], [], OWN);
}

const empty = new Fragment([''], [], OWN);
const comma = new Fragment([', '], [], OWN);

/**
 * SQL as a tagged template. Values become parameters, `${Entity}` its table, `${column(Entity, 'price')}` a column,
 * fragments nest; nothing is ever pasted into the text.
 *
 * - `sql.join(parts, separator?)`: parts with `, ` (or another fragment) between them;
 * - `sql.empty`: nothing;
 * - `sql.raw(text)`: the text as it is. **Never give it anything a user can reach.**
 *
 * @throws DatabaseError `E_QUERY` when called as a function on a string, or for a NUL in the text
 * @example await db.query<{ n: number }>(sql`select count(*)::int as n from ${Trade} where price > ${100}`);
 */
export const sql = Object.freeze(Object.assign(tag, { join, raw, empty }));
