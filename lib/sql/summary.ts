// The SELECT that describes the columns of an entity. Not here: what its rows become (reading/summarize.ts).
import { quote } from '../entity/identifier.js';
import type { ColumnKey } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import type { Family } from '../entity/types.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Where } from './operator.js';
import { knownOptions, resolverOf } from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { whereInto } from './where.js';

/** What `summarize` takes. */
export interface SummarizeOptions<E, K extends ColumnKey<E> = ColumnKey<E>> extends CallOptions {
  /** which rows count; default all */
  readonly where?: Where<E>;
  /** only these properties; default all */
  readonly select?: readonly K[];
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

const SUMMARIZE_OPTIONS = ['where', 'select', 'cache', ...CALL_OPTIONS];

const NUMBERS: readonly Family[] = ['integer', 'bigint', 'decimal'];

/**
 * SUMMARIZE tells of NULLs how many percent they are, in two decimals; here they are counted. Quantiles of whole numbers and of
 * decimals it rounds to whole ones; here they are of doubles.
 */
export function summaryStatement(entity: EntitySchema, columns: readonly Column[], options: object): Statement {
  knownOptions(options, SUMMARIZE_OPTIONS, 'summarize');
  const { where } = options as SummarizeOptions<never>;
  const builder = new SqlBuilder().add(
    'SELECT column_name, column_type, count, min, max, approx_unique, avg, std, q25, q50, q75, (SELECT {nulls: [',
  );
  const from = (): void => {
    builder.add(' FROM ').table(entity);
    whereInto(builder, where, resolverOf(entity));
  };
  builder.list(columns, ({ name }) => builder.add(`count(*) - count(${quote(name)})`));
  builder.add('], quantiles: [');
  builder.list(columns, ({ name, type }) =>
    builder.add(
      NUMBERS.includes(type.family) ? `approx_quantile(CAST(${quote(name)} AS DOUBLE), [0.25, 0.5, 0.75])` : 'NULL',
    ),
  );
  builder.add(']}');
  from();
  builder.add(') FROM (SUMMARIZE SELECT ');
  builder.list(columns, ({ name }) => builder.add(quote(name)));
  from();
  return builder.add(')').reading([undefined, undefined, 'number', undefined, undefined, 'number']);
}
