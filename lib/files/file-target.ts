// Where an export goes: beside its place under another name, and to its place when it is complete. Not here: COPY (sql/copy-to.ts).
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  type Dirent,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { statOf } from '../engine/file-shape.js';
import {
  CSV_OPTIONS,
  checkedFile,
  kindOf,
  type CsvOptions,
  type FileFormat,
  type FileKind,
} from '../entity/file-source.js';
import { DatabaseError, classify, type ErrorCode } from '../errors.js';
import type { CallOptions } from '../limit.js';
import type { CopyTarget } from '../sql/copy-to.js';

/** What every export takes. `C` are the columns that folders can be made of. */
export interface ExportOptions<C extends string = string> extends CsvOptions, CallOptions {
  /** default: by the end of the path */
  readonly format?: FileFormat;
  /** a folder `column=value` for each value, in which files have the other columns: a Hive layout. The path names a folder. Not for JSON */
  readonly partitionBy?: readonly C[];
  /**
   * Parquet: `'snappy'` (default), `'zstd'`, `'gzip'`, `'lz4'`, `'brotli'`, `'none'`; text: `'gzip'`, `'zstd'`, `'none'`, default by the
   * end of the path (`.csv.gz`)
   */
  readonly compression?: 'snappy' | 'zstd' | 'gzip' | 'lz4' | 'brotli' | 'none';
  /**
   * Whether what is there is replaced. Default: a file is, what is in a folder is not. Where anything else than files of the very names
   * that this export writes is in a folder, nothing ever is
   */
  readonly overwrite?: boolean;
}

export const EXPORT_OPTIONS: readonly string[] = ['format', 'partitionBy', 'compression', 'overwrite', ...CSV_OPTIONS];

const PARQUET: readonly string[] = ['snappy', 'zstd', 'gzip', 'lz4', 'brotli', 'none'];
const TEXT: readonly string[] = ['gzip', 'zstd', 'none'];
const PACKED: Readonly<Record<string, string>> = { gzip: '.gz', zstd: '.zst' };

function fail(message: string): never {
  throw new DatabaseError('E_CONFIG', message);
}

export class FileTarget {
  readonly #place: string;
  readonly #beside: string;

  private constructor(
    place: string,
    private readonly copy: Omit<CopyTarget, 'path' | 'partitionBy'>,
    private readonly overwrite: boolean,
  ) {
    this.#place = place;
    this.#refuseTaken();
    const name = `.${shortened(basename(place))}.${randomUUID()}.tmp`;
    const beside = join(dirname(place), name);
    this.#beside = copy.several === undefined || movesInto(beside, place) ? beside : join(place, name);
  }

  /**
   * @param taken files that are no target: those of the database
   * @throws DatabaseError `E_CONFIG` for a place that cannot be, `E_NOT_FOUND` where its folder is missing
   */
  static at(path: unknown, options: ExportOptions, taken: readonly string[]): FileTarget {
    const given = checkedFile(path, 'exportTo');
    try {
      return FileTarget.#of(given, options, taken);
    } catch (error) {
      throw inWords(error, given);
    }
  }

  static #of(given: string, options: ExportOptions, taken: readonly string[]): FileTarget {
    const what = 'exportTo';
    const { overwrite, partitionBy } = options;
    if (overwrite !== undefined && typeof overwrite !== 'boolean') fail(`${what}: overwrite is true or false.`);
    if (partitionBy !== undefined && (!Array.isArray(partitionBy) || partitionBy.length === 0))
      fail(`${what}: partitionBy is a list of at least one column.`);
    const kind = kindOf(given, { ...csvOf(options), format: options.format }, what);
    if (partitionBy !== undefined && (kind.format === 'json' || kind.format === 'ndjson'))
      throw new DatabaseError('E_UNSUPPORTED', `${what}: DuckDB writes no folders of JSON. Write Parquet or CSV by partitionBy, or a file for each value by where.`); // prettier-ignore
    const compression = compressionOf(kind, options.compression);
    const several = severalOf(given, partitionBy !== undefined, kind, compression);
    const place = realOf(basename(given).includes('*') ? dirname(given) : given);
    if (taken.includes(place)) fail(`${what}: ${given} is the database itself. Choose another path.`);
    refuseMissing(place, what);
    const copy = { format: kind.format, csv: kind.csv, compression, several };
    return new FileTarget(place, copy, overwrite ?? several === undefined);
  }

  /** Where COPY writes. */
  to(partitionBy: readonly string[]): CopyTarget {
    return { ...this.copy, partitionBy, path: this.#beside };
  }

  get format(): FileFormat {
    return this.copy.format;
  }

  /**
   * Runs what writes the file, and gives it its name; whatever fails, nothing is left of it.
   *
   * @param replaced called in the turn in which others find something else in its place, also where that fails half-way
   */
  async filled<T>(write: () => Promise<T>, replaced: () => void): Promise<T> {
    try {
      const value = await write();
      try {
        this.#settle();
      } finally {
        replaced();
      }
      return value;
    } catch (error) {
      const told = this.#told(error);
      try {
        rmSync(this.#beside, { recursive: true, force: true });
      } catch (left) {
        throw new DatabaseError(told.code, `${told.message} What was written of it could not be removed: ${this.#beside}.`, { cause: new AggregateError([error, left]), details: told.details }); // prettier-ignore
      }
      throw told;
    }
  }

  #settle(): void {
    this.#refuseTaken();
    const old = statOf(this.#place, 'exportTo');
    if (this.copy.several !== undefined && old !== undefined) return this.#moveIn();
    if (this.copy.several === undefined) {
      const file = openSync(this.#beside, 'r');
      try {
        if (old !== undefined) fchmodSync(file, old.mode & 0o7777);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    }
    renameSync(this.#beside, this.#place);
  }

  /** The folder stays, for it may be a mount, or somebody's working directory, and has rights of its own: what is in it is replaced. */
  #moveIn(): void {
    const old = `${this.#beside}.old`;
    const moved: (readonly [from: string, to: string])[] = [];
    const moveAll = (from: string, to: string): void => {
      for (const name of readdirSync(from)) {
        if (LEFT_OVER.test(name)) continue;
        renameSync(join(from, name), join(to, name));
        moved.push([join(from, name), join(to, name)]);
      }
    };
    mkdirSync(old);
    try {
      moveAll(this.#place, old);
      moveAll(this.#beside, this.#place);
    } catch (error) {
      for (const [from, to] of moved.toReversed()) renameSync(to, from);
      rmdirSync(old);
      throw error;
    }
    rmSync(old, { recursive: true, force: true });
    rmdirSync(this.#beside);
  }

  #refuseTaken(): void {
    const stat = statOf(this.#place, 'exportTo');
    if (stat === undefined) return;
    const details = { path: this.#place };
    const refuse = (why: string): never => {
      throw new DatabaseError('E_CONFIG', `exportTo: ${this.#place} ${why}`, { details });
    };
    const several = this.copy.several !== undefined;
    if (several !== stat.isDirectory() || (!several && !stat.isFile()))
      refuse(several ? 'is a file, and a folder is to be written.' : "is no file. Name a file in it, or several: 'folder/*.parquet'."); // prettier-ignore
    if (!several && !this.overwrite) refuse('exists. Choose another name, or overwrite: true.');
    if (!several) return;
    const there = readdirSync(this.#place, { withFileTypes: true }).filter(({ name }) => !LEFT_OVER.test(name));
    if (there.length === 0) return;
    if (!this.overwrite) refuse('is not empty. Choose another folder, or overwrite: true, which replaces all that is in it.'); // prettier-ignore
    const other = this.#foreign(this.#place, there);
    if (other !== undefined)
      refuse(`holds ${JSON.stringify(other)}, which no export to it has made, and is not replaced. Choose another folder.`); // prettier-ignore
  }

  /** What is in a folder, or a folder `column=value` in it, and does not have the name of a file that DuckDB writes there. */
  #foreign(folder: string, there: readonly Dirent[]): string | undefined {
    const { pattern, extension } = this.copy.several as { pattern: string; extension: string };
    const files = there.filter((entry) => entry.isFile());
    // numbered without a gap
    const own = new Set(files.map((_file, index) => `${pattern.replace('{i}', () => String(index))}.${extension}`));
    for (const entry of there) {
      if (entry.isFile() && own.has(entry.name)) continue;
      if (!entry.isDirectory() || !entry.name.includes('=')) return entry.name;
      const within = join(folder, entry.name);
      const other = this.#foreign(within, readdirSync(within, { withFileTypes: true }));
      if (other !== undefined) return join(entry.name, other);
    }
    return undefined;
  }

  /** The name under which it was written is nobody's business. */
  #told(error: unknown): DatabaseError {
    const own = inWords(error, this.#place);
    if (!own.message.includes(this.#beside)) return own;
    return new DatabaseError(own.code, own.message.replaceAll(this.#beside, this.#place), {
      cause: error,
      details: { ...own.details, path: this.#place },
      retryable: own.retryable,
    });
  }
}

/** What an export that was killed leaves, or one that is running has. */
const LEFT_OVER = /^\..*\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp(?:\.old)?$/s;

/** No name has more than 255 bytes, and more is added to this one. */
const NAME_BYTES = 200;

/** Half a character at its end does no harm. */
const shortened = (name: string): string => Buffer.from(name).subarray(0, NAME_BYTES).toString();

/** Whether what is made beside a folder can be moved into it: not where that is a mount, or the folder around it is locked. */
function movesInto(beside: string, folder: string): boolean {
  if (!existsSync(folder)) return true;
  const within = join(folder, basename(beside));
  try {
    mkdirSync(beside);
  } catch {
    // whether the folder itself can be written is seen there
    return false;
  }
  try {
    renameSync(beside, within);
    rmdirSync(within);
    return true;
  } catch {
    rmdirSync(beside);
    return false;
  }
}

const FAILURES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENAMETOOLONG: ['E_CONFIG', 'its name, or that of a folder around it, is too long. Choose a shorter one.'],
  EACCES: ['E_PERMISSION', 'this process may not write there. Give it the right to the folder, or choose another.'],
  EPERM: ['E_PERMISSION', 'this process may not write there. Give it the right to the folder, or choose another.'],
  EROFS: ['E_READ_ONLY', 'it is on a file system that is read-only. Choose another place.'],
  EBUSY: ['E_CONFIG', 'it is in use, such as a mount. Choose another name beside it.'],
  ENOSPC: ['E_DISK_FULL', 'no space is left on the device. Free some and try again.'],
  ELOOP: ['E_CONFIG', 'it is a link that leads to itself. Mend the link, or choose another name.'],
};

/** An error of Node's calls, or DuckDB's, with what can be done. */
function inWords(error: unknown, place: string): DatabaseError {
  const [code, why] = FAILURES[(error as NodeJS.ErrnoException).code ?? ''] ?? [];
  if (code === undefined || error instanceof DatabaseError) return classify(error);
  return new DatabaseError(code, `exportTo: ${place} cannot be written: ${why}`, { cause: error, details: { path: place } }); // prettier-ignore
}

function compressionOf({ format, compression }: FileKind, given: string | undefined): string | undefined {
  const known = format === 'parquet' ? PARQUET : TEXT;
  if (given !== undefined && !known.includes(given))
    fail(`exportTo: compression of ${format} is ${known.map((each) => `'${each}'`).join(', ')}.`);
  if (format === 'parquet') return given === 'none' ? 'uncompressed' : given;
  return given ?? compression ?? 'none';
}

/** How several files in a folder are named: `day-*.csv.gz` are `day-0.csv.gz`, `day-1.csv.gz` ... */
function severalOf(
  path: string,
  partitioned: boolean,
  { format }: FileKind,
  compression: string | undefined,
): CopyTarget['several'] {
  const name = basename(path);
  if (!name.includes('*')) {
    if (!partitioned) return undefined;
    if (/\.\w+$/.test(name))
      fail(`exportTo: partitionBy makes folders with files in them, and ${name} names one file. Write '${join(dirname(path), name.replace(/^[^.]*/, '*'))}'.`); // prettier-ignore
    return { pattern: 'data_{i}', extension: format + (format === 'parquet' ? '' : (PACKED[compression ?? ''] ?? '')) };
  }
  const [, before = '', extension] = /^([^*{]*)\*\.([^*{]+)$/.exec(name) ?? [];
  if (extension === undefined)
    return fail("exportTo: write one * before the ending of the last part of the path, such as 'out/*.parquet' or 'out/day-*.csv.gz'."); // prettier-ignore
  return { pattern: `${before === '' ? 'data_' : before}{i}`, extension };
}

function csvOf({ delimiter, header, nullString }: CsvOptions): CsvOptions {
  return { delimiter, header, nullString };
}

/** What links lead to is replaced, not the link. */
function realOf(path: string): string {
  const absolute = resolve(path);
  return existsSync(absolute) ? realpathSync(absolute) : absolute;
}

function refuseMissing(place: string, what: string): void {
  const folder = dirname(place);
  if (statOf(folder, what)?.isDirectory() !== true)
    throw new DatabaseError('E_NOT_FOUND', `${what}: there is no folder ${folder}. Make it first.`, {
      details: { path: folder },
    });
}
