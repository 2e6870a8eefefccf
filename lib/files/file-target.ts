// Where an export goes: beside its place under another name, and to its place when it is complete. Not here: COPY (sql/copy-to.ts).
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  CSV_OPTIONS,
  checkedFile,
  kindOf,
  type CsvOptions,
  type FileFormat,
  type FileKind,
} from '../entity/file-source.js';
import { DatabaseError, classify } from '../errors.js';
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
   * Whether what is there is replaced. Default: a file is, a folder with something in it is not. A folder in which anything else than
   * such files is never is
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
    this.#beside = join(dirname(place), `.${basename(place)}.${randomUUID()}.tmp`);
  }

  /**
   * @param taken files that are no target: those of the database
   * @throws DatabaseError `E_CONFIG` for a place that cannot be, `E_NOT_FOUND` where its folder is missing
   */
  static at(path: unknown, options: ExportOptions, taken: readonly string[]): FileTarget {
    const what = 'exportTo';
    const given = checkedFile(path, what);
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
    const target = new FileTarget(
      place,
      { format: kind.format, csv: kind.csv, compression, several },
      overwrite ?? several === undefined,
    );
    target.#refuseTaken();
    return target;
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
      rmSync(this.#beside, { recursive: true, force: true });
      throw this.#told(error);
    }
  }

  #settle(): void {
    this.#refuseTaken();
    if (this.copy.several === undefined) {
      const file = openSync(this.#beside, 'r');
      try {
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } else if (existsSync(this.#place)) {
      const old = `${this.#beside}.old`;
      renameSync(this.#place, old);
      try {
        renameSync(this.#beside, this.#place);
      } catch (error) {
        renameSync(old, this.#place);
        throw error;
      }
      rmSync(old, { recursive: true, force: true });
      return;
    }
    renameSync(this.#beside, this.#place);
  }

  #refuseTaken(): void {
    const stat = statSync(this.#place, { throwIfNoEntry: false });
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
    const there = readdirSync(this.#place, { recursive: true, withFileTypes: true });
    if (there.length === 0) return;
    if (!this.overwrite) refuse('is not empty. Choose another folder, or overwrite: true, which replaces all that is in it.'); // prettier-ignore
    const ending = `.${(this.copy.several as { extension: string }).extension}`.toLowerCase();
    const other = there.find((entry) =>
      entry.isDirectory() ? !entry.name.includes('=') : !entry.name.toLowerCase().endsWith(ending),
    );
    if (other !== undefined)
      refuse(`holds ${JSON.stringify(other.name)}, which no export to it has made, and is not replaced. Choose another folder.`); // prettier-ignore
  }

  /** The name under which it was written is nobody's business. */
  #told(error: unknown): DatabaseError {
    const own = classify(error);
    if (!own.message.includes(this.#beside)) return own;
    return new DatabaseError(own.code, own.message.replaceAll(this.#beside, this.#place), {
      cause: error,
      details: { ...own.details, path: this.#place },
      retryable: own.retryable,
    });
  }
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
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new DatabaseError('E_NOT_FOUND', `${what}: there is no folder ${folder}. Make it first.`, {
      details: { path: folder },
    });
}
