// COPY of a query into a file or a folder of files. Not here: where the file is written, and how it gets its name.
import { quote, quoteLiteral } from '../entity/identifier.js';
import type { CsvForm, FileFormat } from '../entity/file-source.js';
import type { Statement } from './statement.js';
import { statementsOf } from './tokens.js';

export interface CopyTarget {
  readonly path: string;
  readonly format: FileFormat;
  readonly compression: string | undefined;
  readonly csv: CsvForm;
  /** names of columns that folders are made of */
  readonly partitionBy: readonly string[];
  /** of several files in a folder: their names, with `{i}` for the number, and how they end */
  readonly several: { readonly pattern: string; readonly extension: string } | undefined;
}

/** A query without what ends it, for a bracket follows; several statements are left to DuckDB, which refuses them. */
export function queryText(text: string): string {
  const [query = text, ...more] = statementsOf(text);
  return `${more.length === 0 ? query : text}\n`;
}

export function copyStatement(query: Statement, target: CopyTarget): Statement {
  const { format, csv, compression, partitionBy, several } = target;
  const options = [`FORMAT ${format === 'ndjson' ? 'json' : format}`];
  if (format === 'json' || format === 'ndjson') options.push(`ARRAY ${format === 'json'}`);
  if (format === 'csv')
    options.push(`HEADER ${csv.header}`, `DELIMITER ${quoteLiteral(csv.delimiter)}`, `NULLSTR ${quoteLiteral(csv.nullString)}`, `QUOTE '"'`, `ESCAPE '"'`); // prettier-ignore
  if (compression !== undefined) options.push(`COMPRESSION ${quoteLiteral(compression)}`);
  if (partitionBy.length > 0) options.push(`PARTITION_BY (${partitionBy.map(quote).join(', ')})`);
  else if (several !== undefined) options.push('PER_THREAD_OUTPUT true');
  if (several !== undefined)
    options.push(`FILENAME_PATTERN ${quoteLiteral(several.pattern)}`, `FILE_EXTENSION ${quoteLiteral(several.extension)}`); // prettier-ignore
  return {
    text: `COPY (${queryText(query.text)}) TO ${quoteLiteral(target.path)} (${options.join(', ')})`,
    parameters: query.parameters,
    reads: query.reads,
    writes: [],
  };
}
