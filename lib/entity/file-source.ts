// Files in place of a table: which ones, and how they are read. Not here: SQL (sql/file-read.ts), looking into them
// (engine/file-shape.ts).
import { resolve } from 'node:path';
import { DatabaseError } from '../errors.js';

/** The kinds of files that rows go to and come from. `ndjson`: one JSON object a line; `json`: an array of them. */
export type FileFormat = 'parquet' | 'csv' | 'json' | 'ndjson';

/** How CSV is written and read. */
export interface CsvOptions {
  /** one character between values; default a comma, in `.tsv` a tab */
  readonly delimiter?: string | undefined;
  /** whether the first line names the columns; default true. Without it they are `column0`, `column1` ... */
  readonly header?: boolean | undefined;
  /** the text that is NULL, without quotes around it; default the empty one */
  readonly nullString?: string | undefined;
}

const FORMATS: readonly FileFormat[] = ['parquet', 'csv', 'json', 'ndjson'];
export const CSV_OPTIONS: readonly string[] = ['delimiter', 'header', 'nullString'];

/** The same, decided. */
export interface CsvForm {
  readonly delimiter: string;
  readonly header: boolean;
  readonly nullString: string;
}

/** What a name says of its file. */
export interface FileKind {
  readonly format: FileFormat;
  /** of text */
  readonly compression: 'gzip' | 'zstd' | undefined;
  readonly csv: CsvForm;
}

function fail(message: string): never {
  throw new DatabaseError('E_CONFIG', message);
}

/**
 * A path as DuckDB may have it.
 *
 * @throws DatabaseError `E_CONFIG` for what is no path of a file here
 */
export function checkedFile(path: unknown, what: string): string {
  if (typeof path !== 'string' || path.trim() === '') return fail(`${what}: give the path of a file.`);
  if (path.includes('\0')) fail(`${what}: the path holds a NUL character, at which it would be cut off.`);
  if (!path.isWellFormed()) fail(`${what}: the path holds a lone surrogate, which no file has in its name.`);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path))
    fail(`${what}: ${JSON.stringify(path)} is a URL. Give the path of a local file.`);
  return path;
}

/** @throws DatabaseError `E_CONFIG` where neither the name nor `format` tells what it is, and for wrong options */
export function kindOf(
  path: string,
  { format, ...csv }: { readonly format?: unknown } & CsvOptions,
  what: string,
): FileKind {
  const match = /\.(parquet|csv|tsv|json|ndjson|jsonl)(?:\.(gz|zst))?$/i.exec(path);
  const [extension, packed] = [match?.[1]?.toLowerCase(), match?.[2]?.toLowerCase()];
  if (format !== undefined && !FORMATS.includes(format as FileFormat))
    fail(`${what}: format is ${FORMATS.map((each) => `'${each}'`).join(', ')}.`);
  const own = format ?? (extension === 'tsv' ? 'csv' : extension === 'jsonl' ? 'ndjson' : extension);
  if (own === undefined)
    return fail(
      `${what}: the name ${JSON.stringify(path)} does not tell the format. End it with .parquet, .csv, .tsv, .json, .ndjson or .jsonl (text also with .gz or .zst behind), or give { format }.`,
    );
  if (own === 'parquet' && packed !== undefined)
    fail(`${what}: Parquet compresses by itself. Drop .${packed}, or give { compression }.`);
  return {
    format: own as FileFormat,
    compression: packed === 'gz' ? 'gzip' : packed === 'zst' ? 'zstd' : undefined,
    csv: checkedCsv(csv, own === 'csv', extension === 'tsv' ? '\t' : ',', what),
  };
}

function checkedCsv(
  { delimiter, header, nullString }: CsvOptions,
  isCsv: boolean,
  usual: string,
  what: string,
): CsvForm {
  const given = delimiter ?? header ?? nullString;
  if (given !== undefined && !isCsv) fail(`${what}: delimiter, header and nullString are for CSV.`);
  if (delimiter !== undefined && (typeof delimiter !== 'string' || !/^[^"\r\n\0]$/u.test(delimiter)))
    fail(`${what}: delimiter is one character, and neither a quote nor a line end.`);
  if (header !== undefined && typeof header !== 'boolean') fail(`${what}: header is true or false.`);
  if (nullString !== undefined && (typeof nullString !== 'string' || /["\r\n\0]/.test(nullString)))
    fail(`${what}: nullString is a text without quotes and line ends.`);
  return { delimiter: delimiter ?? usual, header: header ?? true, nullString: nullString ?? '' };
}

/**
 * Files that an entity is read from. Made by `parquet`, `csvFile` and `jsonFile`.
 *
 * @example const bars: FileSource = parquet('data/bars/*.parquet');
 */
export class FileSource {
  #resolved: string | undefined;

  /** @internal */
  constructor(
    /** as it was given */
    readonly path: string,
    /** @internal */
    readonly kind: FileKind,
  ) {
    Object.freeze(this);
  }

  /** The path from the working directory at the first use on: who changes that later reads the same files. */
  get resolved(): string {
    return (this.#resolved ??= resolve(this.path));
  }
}

/**
 * Parquet files as the rows of an entity: `@Table({ from: parquet('data/*.parquet') })`. A path, or one with `*`, `?`, `[...]` and `**`
 * for many. Relative ones count from the working directory at the first use. Folders `name=value` (a Hive layout) are columns.
 *
 * @throws DatabaseError `E_CONFIG` for what is no path of a file
 * @example
 * \@Table({ from: parquet('data/bars/*.parquet') })
 * class Bar { \@Column('varchar') symbol!: string; \@Column('double') close!: number; }
 */
export function parquet(path: string): FileSource {
  return new FileSource(checkedFile(path, 'parquet'), kindOf('.parquet', {}, 'parquet'));
}

/**
 * CSV files as the rows of an entity, as `parquet`. Their values are text, which must be one of the column's type exactly.
 *
 * @throws DatabaseError `E_CONFIG` for what is no path of a file, and wrong options
 * @example
 * \@Table({ from: csvFile('data/rates-*.csv.gz', { delimiter: ';' }) })
 * class Rate { \@Column('date') day!: Date; \@Column('decimal(9,4)') rate!: string; }
 */
export function csvFile(path: string, options: CsvOptions = {}): FileSource {
  return sourceOf('csvFile', path, options, 'csv');
}

/**
 * Files of JSON objects, one a line or in one array, as the rows of an entity, as `parquet`. A key that is missing is NULL.
 *
 * @throws DatabaseError `E_CONFIG` for what is no path of a file
 * @example
 * \@Table({ from: jsonFile('logs/*.ndjson') })
 * class LogLine { \@Column('varchar') event!: string; \@Column(json<Record<string, unknown>>()) fields!: Record<string, unknown>; }
 */
export function jsonFile(path: string): FileSource {
  return sourceOf('jsonFile', path, {}, 'json');
}

function sourceOf(what: string, path: string, options: CsvOptions, format: FileFormat): FileSource {
  const file = checkedFile(path, what);
  const unknown = Object.keys(options).find((option) => !CSV_OPTIONS.includes(option));
  if (unknown !== undefined) fail(`${what} has no option '${unknown}'. Options: ${CSV_OPTIONS.join(', ')}.`);
  return new FileSource(file, kindOf(file, { ...options, format }, what));
}
