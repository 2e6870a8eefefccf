// The SELECT of a sample of an entity's rows. Not here: other ways to limit them (select.ts).
import { quote } from '../entity/identifier.js';
import { describe } from '../entity/misfit.js';
import { readingOf } from '../entity/related.js';
import type { ColumnKey } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Where } from './operator.js';
import { knownOptions, resolverOf } from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { whereInto } from './where.js';

/** How much `sample` gives: so many rows (all, where there are fewer), or about so many of a hundred. */
export type SampleSize =
  { readonly rows: number; readonly percent?: never } | { readonly percent: number; readonly rows?: never };

/** What `sample` takes beside its size. */
export interface SampleOptions<E, K extends ColumnKey<E> = ColumnKey<E>> extends CallOptions {
  /** which rows there are to choose from */
  readonly where?: Where<E>;
  /** only these properties; default all */
  readonly select?: readonly K[];
  /** a whole number from 0 below 2^31: the same rows each time, as long as none is written */
  readonly seed?: number;
  /** with a seed: `false` goes to the database even where the entity is `@Cached`. Without one it always does */
  readonly cache?: boolean;
}

const SAMPLE_OPTIONS = ['where', 'select', 'seed', 'cache', ...CALL_OPTIONS];
/** what DuckDB's parser takes */
const ROWS_MAX = 1_000_000_000;
const SEED_MAX = 2 ** 31 - 1;

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

function whole(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  return fail(`sample: ${name} is a whole number from 0 to ${most}, got ${describe(value)}.`);
}

function method(size: object): string {
  knownOptions(size, ['rows', 'percent'], 'sample');
  const { rows, percent } = size as Partial<Record<'rows' | 'percent', unknown>>;
  if ((rows === undefined) === (percent === undefined)) fail('sample: give { rows } or { percent }.');
  if (percent === undefined) return `reservoir(${whole('rows', rows, ROWS_MAX)} ROWS)`;
  if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100))
    return fail(`sample: percent is a number from 0 to 100, got ${describe(percent)}.`);
  return `bernoulli(${percent}%)`;
}

/** DuckDB samples before WHERE, so what matches is a table of its own. */
export function sampleStatement(
  entity: EntitySchema,
  columns: readonly Column[],
  size: object,
  options: object,
): Statement {
  const how = method(size);
  knownOptions(options, SAMPLE_OPTIONS, 'sample');
  const { where, seed } = options as SampleOptions<never>;
  const builder = new SqlBuilder().add('SELECT * FROM (SELECT ');
  builder.list(columns, ({ name }) => builder.add(quote(name)));
  builder.add(' FROM ').table(entity);
  whereInto(builder, where, resolverOf(entity));
  builder.add(`) USING SAMPLE ${how}`);
  if (seed !== undefined) builder.add(` REPEATABLE (${whole('seed', seed, SEED_MAX)})`);
  return builder.reading(columns.map(readingOf));
}
