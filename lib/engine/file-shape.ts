// Which files a path means, and which columns each has: files of another shape are read by themselves, for DuckDB would cast them to
// the first one's types. Not here: reading their rows.
import { statSync, type Stats } from 'node:fs';
import { VARCHAR, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';
import type { FileKind } from '../entity/file-source.js';
import { DatabaseError, classify } from '../errors.js';
import type { Limit } from '../limit.js';
import { JSON_TYPE, typeSql } from '../sql/exact-cast.js';
import { firstLineQuery, keysQuery, literalPath, readCall, rowQuery, shapeQuery } from '../sql/file-read.js';
import { rowsOf } from './journal.js';
import { verifyPacked } from './packed-file.js';

export interface FileColumn {
  readonly name: string;
  readonly type: DuckDBType;
}

/** Files with the same columns, one after the other. */
export interface FileShape {
  readonly files: readonly string[];
  readonly columns: readonly FileColumn[];
  /** names of those that stand in the files themselves */
  readonly own: readonly string[];
  /** the FROM that has their rows */
  readonly from: string;
}

/** Folders `name=value` around a file are columns of it. */
export const partitionsOf = (file: string): readonly string[] =>
  [...file.matchAll(/(?:^|[/\\])([^/\\=]+)=[^/\\]*(?=[/\\])/g)].map((match) => decodeURIComponent(match[1] as string));

/**
 * What is at a path; undefined for nothing, also where a file is on the way to it.
 *
 * @throws DatabaseError `E_PERMISSION` or `E_CONFIG` for a path that can lead nowhere
 */
export function statOf(path: string, what: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return undefined;
    const why = { ENAMETOOLONG: 'is longer than a name of a file can be', ELOOP: 'is a link that leads to itself', EACCES: 'is in a folder that this process may not look into' }[code ?? '']; // prettier-ignore
    if (why === undefined) throw error;
    throw new DatabaseError(code === 'EACCES' ? 'E_PERMISSION' : 'E_CONFIG', `${what}: ${path} ${why}. Mend the path, or its rights.`, { cause: error, details: { path } }); // prettier-ignore
  }
}

/**
 * The files that a path means, in the order of their names: the file of that name where there is one, or those that match the
 * pattern.
 *
 * @throws DatabaseError `E_NOT_FOUND` for none, `E_CONFIG` for a folder
 */
export async function filesOf(connection: DuckDBConnection, path: string, what: string): Promise<readonly string[]> {
  const stat = statOf(path, what);
  if (stat?.isDirectory() === true)
    throw new DatabaseError('E_CONFIG', `${what}: ${path} is a folder. Name the files in it, such as ${path}/*.parquet.`, {
      details: { path },
    }); // prettier-ignore
  if (stat !== undefined) return [path];
  const files = /[*?[]/.test(path)
    ? rowsOf(await connection.run('SELECT file FROM glob($1)', [path], [VARCHAR])).map(([file]) => String(file))
    : [];
  if (files.length === 0)
    throw new DatabaseError('E_NOT_FOUND', `${what}: there is no file ${path}. Mend the path, or write the files first.`, {
      details: { path },
    }); // prettier-ignore
  return files.toSorted();
}

/**
 * The shapes of files, in their order. One of JSON without an object in it has none.
 *
 * @throws DatabaseError for files that are not there, or not what they are said to be
 */
export async function shapesOf(
  connection: DuckDBConnection,
  paths: readonly string[],
  kind: FileKind,
  what: string,
  limit?: Limit,
): Promise<readonly FileShape[]> {
  const files = new Set<string>();
  for (const path of paths) for (const file of await filesOf(connection, path, what)) files.add(file);
  const shapes: { files: string[]; columns: readonly FileColumn[]; own: readonly string[]; key: string }[] = [];
  for (const file of files) {
    await verifyPacked(file, kind, what, limit);
    const found = await columnsOf(connection, file, kind, what);
    if (found === undefined) continue;
    const { columns, own } = found;
    const key = JSON.stringify(columns.map(({ name, type }) => [name, typeSql(type)]));
    const last = shapes.at(-1);
    if (last?.key === key) last.files.push(file);
    else shapes.push({ files: [file], columns, own, key });
  }
  return shapes.map(({ files: same, columns, own }) => ({
    files: same,
    columns,
    own,
    from: readCall(kind, same.map(literalPath), own),
  }));
}

async function columnsOf(
  connection: DuckDBConnection,
  file: string,
  kind: FileKind,
  what: string,
): Promise<{ columns: readonly FileColumn[]; own: readonly string[] } | undefined> {
  const path = literalPath(file);
  const partitions = partitionsOf(file).map((name) => ({ name, type: VARCHAR as DuckDBType }));
  try {
    if (kind.format === 'json' || kind.format === 'ndjson') {
      const own = await keysOf(connection, file, kind, what);
      if (own.length === 0 && (await connection.run(rowQuery(kind, path))).rowCount === 0) return undefined;
      return { own, columns: [...own.map((name) => ({ name, type: JSON_TYPE })), ...partitions] };
    }
    if (kind.format === 'csv') {
      const own = await namesOf(connection, file, kind, what);
      return { own, columns: [...own.map((name) => ({ name, type: VARCHAR })), ...partitions] };
    }
    const result = await connection.run(shapeQuery(path));
    const types = result.columnTypes();
    const columns = result.columnNames().map((name, index) => ({ name, type: types[index] as DuckDBType }));
    const inPath = new Set(partitions.map(({ name }) => name.toLowerCase()));
    return { columns, own: columns.map(({ name }) => name).filter((name) => !inPath.has(name.toLowerCase())) };
  } catch (error) {
    throw classify(error, { path: file });
  }
}

async function keysOf(
  connection: DuckDBConnection,
  file: string,
  kind: FileKind,
  what: string,
): Promise<readonly string[]> {
  const keys = rowsOf(await connection.run(keysQuery(kind, literalPath(file)))).map(([key]) => key);
  if (keys.includes(null))
    throw new DatabaseError('E_CONVERSION', `${what}: ${file} holds something else than JSON objects. Write an object for each row.`, {
      details: { path: file },
    }); // prettier-ignore
  return keys.map(String);
}

/** DuckDB would look at more lines, and leave out the first ones where the others have another number of values. */
async function namesOf(
  connection: DuckDBConnection,
  file: string,
  kind: FileKind,
  what: string,
): Promise<readonly string[]> {
  const { delimiter, header } = kind.csv;
  const line = rowsOf(await connection.run(firstLineQuery(kind, literalPath(file))))[0]?.[0];
  const refuse = (why: string): never => {
    throw new DatabaseError('E_CORRUPT', `${what}: ${file} ${why}`, { details: { path: file } });
  };
  if (typeof line !== 'string') return header ? refuse('is empty: it has no line with the names of its columns.') : [];
  const names = valuesOfLine(line, delimiter);
  if (names === undefined) return refuse('begins with a quote that is not closed in its line.');
  if (line.includes('\0')) return refuse('is no text in UTF-8.');
  const own = names.map((name, index) => (header && name !== '' ? name : `column${index}`));
  const twice = own.find((name, index) => own.findIndex((each) => each.toLowerCase() === name.toLowerCase()) < index);
  return twice === undefined ? own : refuse(`has two columns of the name ${JSON.stringify(twice)}. Rename one.`);
}

/** The values of one line of CSV; undefined where a quote stays open. */
function valuesOfLine(line: string, delimiter: string): string[] | undefined {
  const values: string[] = [];
  for (let at = 0; ;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(line.slice(at));
    const end = line.indexOf(delimiter, quoted === null ? at : at + quoted[0].length);
    if (quoted === null && line[at] === '"') return undefined;
    values.push(quoted?.[1]?.replaceAll('""', '"') ?? line.slice(at, end < 0 ? undefined : end));
    if (end < 0) return values;
    at = end + 1;
  }
}
