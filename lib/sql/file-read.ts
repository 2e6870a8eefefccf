// Files in a FROM: the call of DuckDB's reader, with the path as a quoted literal. Not here: what is in them
// (engine/file-shape.ts), casts of their values (exact-cast.ts).
import { quote, quoteLiteral } from '../entity/identifier.js';
import type { FileKind } from '../entity/file-source.js';

/**
 * A name that stands for itself, whatever marks of a pattern are in it. One with a backslash does so for DuckDB where there is such a
 * file, and a `~` at the beginning is a home nowhere else.
 */
export const literalPath = (path: string): string =>
  (path.startsWith('~') ? './' : '') + (path.includes('\\') ? path : path.replaceAll(/[*?[]/g, '[$&]'));

/** As long as a line, or a value, of CSV may be, in bytes: DuckDB keeps a few of them at once. */
const LINE_MAX = 16_777_216;

/** Nothing is guessed: DuckDB would leave out lines that look odd to it. */
const CSV_FIXED = `quote='"', escape='"', skip=0, allow_quoted_nulls=false, max_line_size=${LINE_MAX}, hive_types_autocast=false`;

/** By its name DuckDB knows `.gz` and `.zst`, but not `.GZ`. */
const packed = ({ compression }: FileKind): string =>
  compression === undefined ? '' : `, compression='${compression}'`;

const csvOptions = (kind: FileKind): string =>
  `delim=${quoteLiteral(kind.csv.delimiter)}, header=${kind.csv.header}, nullstr=${quoteLiteral(kind.csv.nullString)}, ${CSV_FIXED}${packed(kind)}`;

const pathsOf = (paths: readonly string[]): string =>
  paths.length === 1 ? quoteLiteral(paths[0] as string) : `[${paths.map(quoteLiteral).join(', ')}]`;

const columnsOf = (names: readonly string[], type: string): string =>
  `columns={${names.map((name) => `${quote(name)}: '${type}'`).join(', ')}}`;

/**
 * Reads files of one shape.
 *
 * @param own the columns that stand in the files themselves: text is read as text, JSON as JSON, whatever DuckDB would guess of
 *   the first rows; of Parquet the files tell
 */
export function readCall(kind: FileKind, paths: readonly string[], own: readonly string[]): string {
  const files = pathsOf(paths);
  switch (kind.format) {
    case 'parquet':
      return `read_parquet(${files}, hive_types_autocast=false)`;
    case 'csv':
      return `read_csv(${files}, auto_detect=false, ${columnsOf(own, 'VARCHAR')}, ${csvOptions(kind)})`;
    default:
      // of empty objects there is nothing to read but how many they are
      if (own.length === 0) return `read_json_objects(${files}, hive_types_autocast=false${packed(kind)})`;
      return `read_json(${files}, ${columnsOf(own, 'JSON')}, hive_types_autocast=false${packed(kind)})`;
  }
}

/**
 * Reads files that may have changed since anybody looked: by the names of their columns.
 *
 * @param names the columns that are asked for
 */
export function manyCall(kind: FileKind, path: string, names: readonly string[]): string {
  const files = quoteLiteral(path);
  switch (kind.format) {
    case 'parquet':
      return `read_parquet(${files}, union_by_name=true, hive_types_autocast=false)`;
    case 'csv':
      return `read_csv(${files}, all_varchar=true, union_by_name=true, comment='', ${csvOptions(kind)})`;
    default:
      return `read_json(${files}, ${columnsOf(names, 'JSON')}, hive_types_autocast=false${packed(kind)})`;
  }
}

/** A query that has the columns of a Parquet file and no rows. */
export const shapeQuery = (path: string): string =>
  `SELECT * FROM read_parquet(${quoteLiteral(path)}, hive_types_autocast=false) LIMIT 0`;

/** The first line of a text, whole: no text has a character of this kind in it. */
export const firstLineQuery = (kind: FileKind, path: string): string =>
  `SELECT line FROM read_csv(${quoteLiteral(path)}, auto_detect=false, header=false, columns={line: 'VARCHAR'}, delim='\u0001', quote='', escape='', max_line_size=${LINE_MAX}, strict_mode=false, hive_partitioning=false${packed(kind)}) LIMIT 1`;

/** The keys of a file of JSON objects, in the order of their names; NULL where something else than an object is in it. */
export function keysQuery(kind: FileKind, path: string): string {
  const keys = `CASE json_type(json) WHEN 'OBJECT' THEN json_keys(json) ELSE [NULL] END`;
  return `SELECT DISTINCT unnest(${keys}) AS key FROM read_json_objects(${quoteLiteral(path)}${packed(kind)}) ORDER BY key`;
}

/** Whether there is an object in a file: a row if so. */
export const rowQuery = (kind: FileKind, path: string): string =>
  `SELECT 1 FROM read_json_objects(${quoteLiteral(path)}${packed(kind)}) LIMIT 1`;
