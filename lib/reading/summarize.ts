// What DuckDB's SUMMARIZE tells of an entity's columns, by property. Not here: its SQL (sql/summary.ts).
import { readResult } from '../engine/result.js';
import type { Column } from '../entity/schema.js';
import { DatabaseError, isDatabaseError } from '../errors.js';
import { selectedColumns } from '../sql/select.js';
import { summaryStatement, type SummarizeOptions } from '../sql/summary.js';
import type { ReadOptions, Reader } from './reader.js';

/** One column, described. Of numbers the mean and the quantiles are numbers, of dates and times text, of others null. */
export interface ColumnSummary<K extends string = string> {
  /** the property */
  readonly column: K;
  /** its type as DuckDB writes it */
  readonly type: string;
  /** rows that match, NULLs included */
  readonly count: number;
  /** how many of them are NULL */
  readonly nulls: number;
  /** the smallest value as DuckDB writes it: exact, whatever the type */
  readonly min: string | null;
  /** the largest value, as `min` is written */
  readonly max: string | null;
  /** about how many different values there are */
  readonly approxUnique: number;
  /** the mean; null for what has none */
  readonly avg: number | string | null;
  /** sample standard deviation; null for what is no number */
  readonly std: number | null;
  /** about a quarter of the values is below it */
  readonly q25: number | string | null;
  /** about the median */
  readonly q50: number | string | null;
  /** about three quarters of the values are below it */
  readonly q75: number | string | null;
}

const NUMERIC = ['integer', 'bigint', 'real', 'decimal'];

export async function summarize(reader: Reader, options: ReadOptions): Promise<ColumnSummary[]> {
  const { schema } = reader;
  const columns = selectedColumns(schema, (options as SummarizeOptions<never> | null)?.select);
  const statement = summaryStatement(schema, columns, options);
  try {
    return await reader.cached('summarize', statement, options, readResult, (result) =>
      Array.from({ length: result.rowCount }, (_row, row) => {
        const values = result.columns.map((column) => column[row]);
        const index = columns.findIndex(({ name }) => name === values[0]);
        return summaryOf(columns[index] as Column, index, values);
      }),
    );
  } catch (error) {
    if (!isDatabaseError(error) || !error.message.includes('is out of range!')) throw error;
    throw new DatabaseError(
      'E_QUERY',
      `summarize on ${schema.className}: a column of float or double has NaN or an infinity, or very large numbers, of which DuckDB makes no standard deviation. Leave them out by where, or the column by select.`,
      { cause: error },
    );
  }
}

/** What is not SUMMARIZE's, column by column. */
interface Own {
  readonly nulls: readonly bigint[];
  readonly quantiles: readonly (readonly number[] | null)[];
}

function summaryOf({ property, type }: Column, index: number, values: readonly unknown[]): ColumnSummary {
  const [, sqlType, count, min, max, approxUnique, avg, std, q25, q50, q75, own] = values as [
    string,
    string,
    number,
    string | null,
    string | null,
    number,
    ...(string | null)[],
  ];
  const { nulls, quantiles } = own as unknown as Own;
  const exact = quantiles[index];
  const measure = (text: unknown): number | string | null =>
    typeof text !== 'string' ? null : NUMERIC.includes(type.family) ? Number(text) : text;
  return {
    column: property,
    type: sqlType,
    count,
    nulls: Number(nulls[index]),
    min,
    max,
    approxUnique,
    avg: measure(avg),
    std: measure(std) as number | null,
    q25: exact?.[0] ?? measure(q25),
    q50: exact?.[1] ?? measure(q50),
    q75: exact?.[2] ?? measure(q75),
  };
}
