// Fragments read: what each interpolated value becomes in a statement, and in DDL, which takes no parameters.
import { quote } from '../entity/identifier.js';
import { isEntity, schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { Fragment } from '../fragment.js';
import { ColumnRef } from './column-ref.js';
import { literal } from './literal.js';
import { parameterOf } from './parameter.js';
import { EVERYTHING, SqlBuilder, tableName, type Statement } from './statement.js';

/**
 * Appends a fragment, its values as parameters. Its text may name any table: what is read is unknown from here on, until the
 * engine asks DuckDB.
 */
export function renderInto(builder: SqlBuilder, fragment: Fragment): SqlBuilder {
  builder.tables.add(EVERYTHING);
  for (const [index, text] of fragment.strings.entries()) {
    builder.add(text);
    if (index >= fragment.values.length) break;
    const value = fragment.values[index];
    if (value instanceof Fragment) renderInto(builder, value);
    else if (value instanceof ColumnRef) builder.add(quote(value.target.name));
    else if (isEntity(value)) builder.table(schemaOf(value));
    else {
      const parameter = parameterOf(value);
      builder.parameter(parameter.value, parameter.type);
    }
  }
  return builder;
}

/** A fragment for DDL: its values as literals. */
export function renderDdl(fragment: Fragment): string {
  return fragment.strings
    .map((text, index) => {
      if (index >= fragment.values.length) return text;
      const value = fragment.values[index];
      if (value instanceof Fragment) return text + renderDdl(value);
      if (value instanceof ColumnRef) return text + quote(value.target.name);
      if (isEntity(value)) return text + tableName(schemaOf(value));
      return text + literal(parameterOf(value).value);
    })
    .join('');
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
  return { ...renderInto(new SqlBuilder(), fragment).reading(), reads: [EVERYTHING], writes: [EVERYTHING] };
}
