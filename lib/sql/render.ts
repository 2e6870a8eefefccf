// Fragments read: what each interpolated value becomes in a statement, and in DDL, which takes no parameters.
import { quote } from '../entity/identifier.js';
import { isEntity, schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { Fragment, sql } from '../fragment.js';
import { ColumnRef } from './column-ref.js';
import { literal } from './literal.js';
import { parameterOf } from './parameter.js';
import { EVERYTHING, SqlBuilder, tableName, type Statement } from './statement.js';
import { tokensOf } from './tokens.js';

/**
 * Appends a fragment, its values as parameters. Its text may name any table: what is read is unknown from here on, until the
 * engine asks DuckDB.
 *
 * @throws DatabaseError `E_QUERY` for a parameter in its text, such as `$1`, and for a value that SQL has no form for
 */
export function renderInto(builder: SqlBuilder, fragment: Fragment): SqlBuilder {
  refuseNumbered(fragment);
  return ended(builder, append(builder, fragment, false));
}

/** @returns whether what follows in the line is a comment */
function append(builder: SqlBuilder, fragment: Fragment, within: boolean): boolean {
  let comment = within;
  builder.tables.add(EVERYTHING);
  for (const [index, text] of fragment.strings.entries()) {
    builder.add(text);
    comment = opensComment(text, comment);
    if (index >= fragment.values.length) break;
    const value = fragment.values[index];
    refuseInOfNothing(value, text, fragment.strings[index + 1]);
    if (value instanceof Fragment) {
      const open = append(builder, value, comment);
      if (comment) comment = open;
      else ended(builder, open);
    } else if (value instanceof ColumnRef) builder.add(quote(value.target.name));
    else if (isEntity(value)) builder.table(schemaOf(value));
    else {
      const parameter = parameterOf(value);
      builder.parameter(parameter.value, parameter.type);
    }
  }
  return comment;
}

/** A comment to the end of the line would take in what follows. In a string it is none, and the line break does no harm behind it. */
function opensComment(text: string, before: boolean): boolean {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  return line.includes('--') || (before && line === text);
}

const ended = (builder: SqlBuilder, comment: boolean): SqlBuilder => (comment ? builder.add('\n') : builder);

/** `in ()` is a syntax error that names a bracket; `sql.join([])` in it is what made it. */
function refuseInOfNothing(value: unknown, before: string, after = ''): void {
  if (value === sql.empty && /\bin\s*\(\s*$/i.test(before) && /^\s*\)/.test(after))
    throw new DatabaseError(
      'E_QUERY',
      'sql: sql.join([]) is nothing, and SQL has no in (). Write in ${values} without brackets: an empty array finds no rows.',
    );
}

const has = (fragment: Fragment, pattern: RegExp): boolean =>
  fragment.strings.some((text) => pattern.test(text)) ||
  fragment.values.some((value) => value instanceof Fragment && has(value, pattern));

/** The text as it was written, without its values. */
const written = (fragment: Fragment): string =>
  fragment.strings
    .map((text, index) => {
      const value = fragment.values[index];
      return value instanceof Fragment ? text + written(value) : `${text} `;
    })
    .join('');

/** Values are numbered here, so that `$1` in the text would be one of them, whichever that is. */
function refuseNumbered(fragment: Fragment): void {
  if (!has(fragment, /\$(?:\w|$)/)) return;
  const text = written(fragment);
  const found = tokensOf(text).find(
    ({ kind, text: sign, at }) => kind === 'sign' && sign === '$' && /\w/.test(text.charAt(at + 1)),
  );
  if (found === undefined) return;
  const name = /^\$\w+/.exec(text.slice(found.at))?.[0];
  throw new DatabaseError(
    'E_QUERY',
    `sql: ${name} in the text would be bound to some other value. Write the value itself in its place: \${value}.`,
  );
}

/** A fragment for DDL: its values as literals. */
export function renderDdl(fragment: Fragment): string {
  const text = fragment.strings
    .map((part, index) => {
      if (index >= fragment.values.length) return part;
      const value = fragment.values[index];
      if (value instanceof Fragment) return part + renderDdl(value);
      if (value instanceof ColumnRef) return part + quote(value.target.name);
      if (isEntity(value)) return part + tableName(schemaOf(value));
      return part + literal(parameterOf(value).value);
    })
    .join('');
  return opensComment(text, false) ? `${text}\n` : text;
}

/**
 * A whole statement from `sql`. Text may name any table, so it reads everything, and writes everything if it writes, as far
 * as can be told here; the engine knows more when it runs.
 *
 * @throws DatabaseError `E_QUERY` for anything but a fragment
 */
export function rawStatement(fragment: unknown): Statement {
  if (!(fragment instanceof Fragment)) {
    throw new DatabaseError(
      'E_QUERY',
      `SQL is given as sql\`select ... \${value}\`, not as ${typeof fragment === 'string' ? 'a string, into which values get pasted' : 'this value'}.`,
    );
  }
  const builder = new SqlBuilder();
  const statement = ended(builder, append(builder, fragment, false)).reading();
  // PREPARE has parameters of its own
  if (statement.parameters.length > 0) refuseNumbered(fragment);
  return { ...statement, reads: [EVERYTHING], writes: [EVERYTHING] };
}
