// What a class says, checked and frozen: table, columns, keys, indexes. Every declaration error is thrown from here.
// Not here: DDL text (sql/ddl.ts), and checks that need other classes (catalog.ts, at boot).
import { createHash } from 'node:crypto';
import type { DuckDBValue } from '@duckdb/node-api';
import { DatabaseError } from '../errors.js';
import { Fragment } from '../fragment.js';
import { sqlType } from './built-types.js';
import { DefaultValue } from './default.js';
import { DocumentClass } from './document.js';
import type { ColumnNote, Draft, IndexNote } from './draft.js';
import { FileSource } from './file-source.js';
import { identifierProblem, snakeCase } from './identifier.js';
import { Misfit } from './misfit.js';
import type { As, ColumnType } from './property-type.js';
import type { EntityClass } from './row.js';
import type { SqlType } from './types.js';

/** One column of an entity. */
export interface Column {
  /** the property of the class */
  readonly property: string;
  /** its name in the database */
  readonly name: string;
  /** the SQL type: its `name` as declared, its `ddl` as DuckDB writes it */
  readonly type: SqlType;
  /** how property values are given and read, where not the type's own way */
  readonly as: As | undefined;
  /** whether it takes NULL */
  readonly nullable: boolean;
  /** whether it is part of the primary key */
  readonly primaryKey: boolean;
  /** whether it has a UNIQUE constraint of its own */
  readonly unique: boolean;
  /** a literal (encoded, and as given), a DefaultValue, or a fragment; undefined for none */
  readonly default: { readonly literal: DuckDBValue; readonly given: unknown } | DefaultValue | Fragment | undefined;
  /** the condition of its CHECK constraint */
  readonly check: Fragment | undefined;
  /** the expression of a virtual generated column, which is never written */
  readonly generated: Fragment | undefined;
  /** the class and property that its foreign key points at */
  readonly references: (() => readonly [EntityClass, string]) | undefined;
  /** what is stored with it in the database */
  readonly comment: string | undefined;
  /** its former name in the database */
  readonly renamedFrom: string | undefined;
}

export interface Index {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly unique: boolean;
}

/** Everything a class says about its table. */
export interface EntitySchema {
  readonly target: EntityClass;
  /** the class's name, for messages and cached values */
  readonly className: string;
  readonly table: string;
  /** the database schema, where not the main one */
  readonly schema: string | undefined;
  readonly comment: string | undefined;
  /** the files that it is read from, where they stand in place of a table */
  readonly from: FileSource | undefined;
  readonly columns: readonly Column[];
  readonly byProperty: ReadonlyMap<string, Column>;
  readonly primaryKey: readonly Column[];
  readonly indexes: readonly Index[];
  readonly checks: Readonly<Record<string, Fragment>>;
  /** how long repository reads are cached; undefined for not at all */
  readonly cachedMs: number | undefined;
  /** some property is an `accessor`, so that instances must be constructed */
  readonly accessors: boolean;
  /** identity of the table for read and write sets: `schema.table`, lower case */
  readonly id: string;
  /** tells this shape of the columns from any other: what was cached by another is of no use */
  readonly shape: string;
}

const SCHEMA = Symbol.for('@mysingle/database.schema');

/**
 * The schema of an entity class.
 *
 * @throws DatabaseError `E_DECLARATION` when the class has no `@Table` of its own
 */
export function schemaOf(entity: unknown): EntitySchema {
  if (typeof entity === 'function' && Object.hasOwn(entity, SCHEMA))
    return (entity as unknown as { [SCHEMA]: EntitySchema })[SCHEMA];
  const name = typeof entity === 'function' ? entity.name || 'an unnamed class' : `a value of type ${typeof entity}`;
  throw new DatabaseError(
    'E_DECLARATION',
    `${name} is not an entity: it has no @Table(). Decorate the class itself; @Table is not inherited.`,
  );
}

/** Whether a value is an entity class. */
export function isEntity(value: unknown): value is EntityClass {
  return typeof value === 'function' && Object.hasOwn(value, SCHEMA);
}

/**
 * The columns of an entity: property, database name, type, keys and defaults, without a database.
 *
 * @throws DatabaseError `E_DECLARATION` when the class is not an entity
 * @example const names = columnsOf(Trade).map((column) => column.name);
 */
export function columnsOf(entity: EntityClass): readonly Column[] {
  return schemaOf(entity).columns;
}

/** Judges the notes and puts the frozen schema on the class. Run again when a class decorator above @Table adds notes. */
export function defineSchema(target: EntityClass, draft: Draft): void {
  Object.defineProperty(target, SCHEMA, { value: new SchemaBuilder(target, draft).build(), configurable: true });
}

const TABLE_OPTIONS = ['name', 'schema', 'comment', 'naming', 'checks', 'from'];
const COLUMN_OPTIONS = [
  'name', 'primaryKey', 'unique', 'nullable', 'default', 'check', 'generated', 'references', 'comment', 'as', 'renamedFrom',
]; // prettier-ignore
const INDEX_OPTIONS = ['name', 'unique'];

/** What people bring from other databases, and why DuckDB cannot do it. */
const REFUSED: Readonly<Record<string, string>> = {
  onDelete:
    'DuckDB has no foreign keys with CASCADE, SET NULL or SET DEFAULT: delete the referencing rows first, in a transaction of their own',
  onUpdate: 'DuckDB has no foreign keys with CASCADE, SET NULL or SET DEFAULT',
  cascade: 'DuckDB has no foreign keys with CASCADE',
  stored: 'DuckDB has virtual generated columns only, no STORED ones: leave it out',
  where: 'DuckDB has no partial indexes: index the columns whole',
  using: 'DuckDB has one kind of index (ART): leave it out',
  autoIncrement: 'write default: sequence()',
  length: 'DuckDB does not limit the length of varchar: add check: sql`length(...) <= n`',
  type: "the type is the first argument: @Column('varchar', {...})",
};

/** Database names that DuckDB would read as something else when they qualify a table. */
const RESERVED_SCHEMAS = ['temp', 'system', 'memory', 'mysingle_db', 'information_schema', 'pg_catalog'];

type Options = Readonly<Record<string, unknown>>;

class SchemaBuilder {
  readonly #class: string;

  constructor(
    private readonly target: EntityClass,
    private readonly draft: Draft,
  ) {
    this.#class = target.name || 'an unnamed class';
  }

  build(): EntitySchema {
    const { options = {}, name: positional } = this.draft.table ?? {};
    this.#known(options, TABLE_OPTIONS, `@Table on ${this.#class}`);
    const table = this.#name(positional ?? options['name'] ?? snakeCase(this.#class), `${this.#class}: the table name`);
    const schema = this.#optionalText(options, 'schema', this.#class);
    if (schema !== undefined) {
      this.#name(schema, `${this.#class}: the schema name`);
      if (RESERVED_SCHEMAS.includes(schema.toLowerCase()))
        this.#fail(this.#class, `the schema name '${schema}' is taken by DuckDB or this library. Choose another.`);
    }
    const naming = this.#naming(options['naming']);
    const columns = [...this.draft.columns].map(([property, note]) => this.#column(property, note, naming));
    if (columns.length === 0) this.#fail(this.#class, 'the entity has no @Column(). Decorate at least one property.');
    this.#uniqueNames(columns);
    if (columns.every((column) => column.generated !== undefined))
      this.#fail(this.#class, 'a table needs a column that is not generated.');
    const byProperty = new Map(columns.map((column) => [column.property, column]));
    const indexes = this.draft.indexes.map((note) => this.#index(note, table, byProperty));
    for (const [position, index] of indexes.entries()) {
      const twin = indexes.findIndex((other) => other.name.toLowerCase() === index.name.toLowerCase());
      if (twin !== position)
        this.#fail(this.#class, `two indexes are named '${index.name}'. Give one of them { name }.`);
    }
    const from = this.#from(options, columns);
    return Object.freeze({
      target: this.target,
      className: this.#class,
      table,
      schema,
      comment: this.#optionalText(options, 'comment', this.#class),
      from,
      columns: Object.freeze(columns),
      byProperty,
      primaryKey: Object.freeze(columns.filter((column) => column.primaryKey)),
      indexes: Object.freeze(indexes),
      checks: this.#checks(options['checks']),
      cachedMs: this.draft.cachedMs,
      accessors: [...this.draft.columns.values()].some((note) => note.accessor),
      id: `${schema ?? 'main'}.${table}`.toLowerCase(),
      shape: shapeOf(columns),
    });
  }

  #fail(what: string, why: string): never {
    throw new DatabaseError('E_DECLARATION', `${what}: ${why}`);
  }

  #known(options: Options, known: readonly string[], what: string): void {
    if (typeof options !== 'object' || options === null) this.#fail(what, 'the options are an object.');
    for (const key of Object.keys(options)) {
      if (known.includes(key)) continue;
      const reason = Object.hasOwn(REFUSED, key) ? REFUSED[key] : undefined;
      this.#fail(
        what,
        reason === undefined
          ? `there is no option '${key}'. Options: ${known.join(', ')}.`
          : `option '${key}': ${reason}.`,
      );
    }
  }

  #name(name: unknown, what: string): string {
    const problem = identifierProblem(name);
    if (problem !== undefined) this.#fail(what, `${problem}.`);
    return name as string;
  }

  #optionalText(options: Options, key: string, what: string): string | undefined {
    const value = options[key];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.includes('\0'))
      this.#fail(what, `option '${key}' is a string without NUL characters.`);
    return value;
  }

  #flag(options: Options, key: string, what: string): boolean {
    const value = options[key] ?? false;
    if (typeof value !== 'boolean') this.#fail(what, `option '${key}' is true or false.`);
    return value;
  }

  #fragment(options: Options, key: string, what: string): Fragment | undefined {
    const value = options[key];
    if (value !== undefined && !(value instanceof Fragment))
      this.#fail(what, `option '${key}' is a fragment: sql\`...\`.`);
    return value;
  }

  #naming(naming: unknown): (property: string) => string {
    if (naming === undefined || naming === 'snake_case') return snakeCase;
    if (naming === 'as_is') return (property) => property;
    if (typeof naming === 'function') return naming as (property: string) => string;
    return this.#fail(this.#class, "option 'naming' is 'snake_case', 'as_is' or a function of the property.");
  }

  /** Files have columns and nothing else. */
  #from(options: Options, columns: readonly Column[]): FileSource | undefined {
    const from = options['from'];
    if (from === undefined) return undefined;
    if (!(from instanceof FileSource))
      this.#fail(this.#class, "option 'from' is parquet('data/*.parquet'), csvFile('...') or jsonFile('...').");
    const without: (what: string, why: string) => never = (what, why) =>
      this.#fail(what, `its rows are read from files, which have no ${why}. Leave it out.`);
    for (const option of ['schema', 'comment', 'checks'])
      if (options[option] !== undefined) without(this.#class, option === 'checks' ? 'checks' : `${option} in a database`); // prettier-ignore
    if (this.draft.indexes.length > 0) without(this.#class, 'index');
    for (const column of columns) {
      const what = `${this.#class}.${column.property}`;
      for (const option of ['default', 'check', 'generated', 'references', 'comment', 'renamedFrom'] as const)
        if (column[option] !== undefined) without(what, option === 'references' ? 'foreign keys' : `option '${option}'`); // prettier-ignore
      if (column.unique) without(what, "option 'unique'");
      if (/\bJSON\b/.test(column.type.ddl) && column.type.json !== true)
        this.#fail(what, 'JSON within another type cannot be read from files. Make the whole column json().');
      if (column.type.name.startsWith('union'))
        this.#fail(what, 'no file keeps a union as it is. Leave the column out.');
    }
    return from;
  }

  #checks(checks: unknown): Readonly<Record<string, Fragment>> {
    const entries = Object.entries((checks ?? {}) as Record<string, unknown>);
    for (const [name, check] of entries) {
      this.#name(name, `${this.#class}: the name of a check`);
      if (!(check instanceof Fragment)) this.#fail(this.#class, `check '${name}' is a fragment: sql\`...\`.`);
    }
    return Object.freeze(Object.fromEntries(entries) as Record<string, Fragment>);
  }

  #column(property: string, note: ColumnNote, naming: (property: string) => string): Column {
    const what = `${this.#class}.${property}`;
    const { options } = note;
    this.#known(options, COLUMN_OPTIONS, what);
    const type = this.#typed(property, this.#type(what, note));
    const as = options['as'] as As | undefined;
    if (as !== undefined && !type.as.includes(as)) {
      this.#fail(
        what,
        `${type.name} cannot be read as: ${JSON.stringify(as)}.` +
          (type.as.length === 0 ? ' Leave it out.' : ` It can as: ${type.as.map((a) => `'${a}'`).join(' or ')}.`),
      );
    }
    const references = options['references'];
    if (references !== undefined && typeof references !== 'function')
      this.#fail(what, "option 'references' is a function: () => [Strategy, 'id'].");
    const column: Column = {
      property: this.#name(property, what),
      name: this.#name(options['name'] ?? naming(property), `${what}: the column name`),
      type,
      as,
      nullable: this.#flag(options, 'nullable', what),
      primaryKey: this.#flag(options, 'primaryKey', what),
      unique: this.#flag(options, 'unique', what),
      default: undefined,
      check: this.#fragment(options, 'check', what),
      generated: this.#fragment(options, 'generated', what),
      references: references as Column['references'],
      comment: this.#optionalText(options, 'comment', what),
      renamedFrom: this.#optionalText(options, 'renamedFrom', what),
    };
    this.#combination(what, column, options['default']);
    return Object.freeze({ ...column, default: this.#default(what, column, options['default']) });
  }

  #combination(what: string, column: Column, given: unknown): void {
    const { type } = column;
    if (column.primaryKey && column.nullable) this.#fail(what, 'a primary key is never NULL. Drop nullable: true.');
    if ((column.primaryKey || column.unique) && !type.indexable)
      this.#fail(what, `DuckDB cannot use ${type.name} as a key. Make the key another column.`);
    if (column.generated === undefined) return;
    const clash = [
      column.primaryKey && 'primaryKey',
      column.unique && 'unique',
      column.check && 'check',
      column.references && 'references',
      given !== undefined && 'default',
    ].find((option) => typeof option === 'string');
    if (clash !== undefined)
      this.#fail(what, `DuckDB allows no constraint or default on a generated column. Drop '${clash}'.`);
  }

  #default(what: string, column: Column, given: unknown): Column['default'] {
    if (given === undefined || given instanceof Fragment) return given;
    if (given instanceof DefaultValue) {
      const why = given.refuses(column.type);
      if (why !== undefined) this.#fail(what, `default ${given.name} does not fit ${column.type.name}: ${why}.`);
      return given;
    }
    if (given === null) {
      if (!column.nullable)
        this.#fail(what, 'the default is null, but the column is NOT NULL. Add nullable: true, or drop the default.');
      return { literal: null, given };
    }
    try {
      return { literal: column.type.encode(given, column.as), given };
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      return this.#fail(what, `the default does not fit: ${column.type.name} ${error.message}.`);
    }
  }

  /** Property decorators have run before this, so @Type has told by now. */
  #typed(property: string, type: SqlType): SqlType {
    return (type.json && DocumentClass.of(this.target, property)?.typeOf(type)) || type;
  }

  #type(what: string, note: ColumnNote): SqlType {
    if (note.type !== undefined) {
      try {
        return sqlType(note.type);
      } catch (error) {
        throw new DatabaseError('E_DECLARATION', `${what}: ${(error as Error).message}`, { cause: error });
      }
    }
    const inferred = INFERRED.get(note.design);
    if (inferred !== undefined) return sqlType(inferred);
    return this.#fail(what, `cannot tell the column's type: ${undecided(note)}. Write it out: @Column('varchar').`);
  }

  #uniqueNames(columns: readonly Column[]): void {
    const seen = new Map<string, Column>();
    for (const column of columns) {
      const twin = seen.get(column.name.toLowerCase());
      if (twin !== undefined) {
        this.#fail(
          `${this.#class}.${column.property}`,
          `its column ${JSON.stringify(column.name)} and ${JSON.stringify(twin.name)} of '${twin.property}' are one to DuckDB, which folds case. Rename one.`,
        );
      }
      seen.set(column.name.toLowerCase(), column);
    }
  }

  #index(note: IndexNote, table: string, byProperty: ReadonlyMap<string, Column>): Index {
    const what = `@Index on ${this.#class}`;
    this.#known(note.options, INDEX_OPTIONS, what);
    if (note.properties.length === 0) this.#fail(what, "name the properties: @Index(['userId', 'createdAt']).");
    const columns = note.properties.map((property) => {
      const column = byProperty.get(property);
      if (column === undefined)
        this.#fail(what, `there is no column '${property}'. Columns: ${[...byProperty.keys()].join(', ')}.`);
      if (!column.type.indexable)
        this.#fail(`${this.#class}.${property}`, `DuckDB cannot index ${column.type.name}. Drop it from @Index.`);
      return column;
    });
    if (new Set(columns).size < columns.length) this.#fail(what, 'a property stands there twice.');
    const name = note.options['name'] ?? `${table}_${columns.map((column) => column.name).join('_')}_idx`;
    return Object.freeze({
      name: this.#name(name, `${what}: the index name`),
      columns: Object.freeze(columns),
      unique: this.#flag(note.options, 'unique', what),
    });
  }
}

function shapeOf(columns: readonly Column[]): string {
  const said = columns.map(({ property, name, type, as }) => [property, name, type.name, as, ...(type.document ? ['document'] : [])]); // prettier-ignore
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 12);
}

const INFERRED = new Map<unknown, ColumnType>([
  [String, 'varchar'],
  [Number, 'double'],
  [Boolean, 'boolean'],
  [BigInt, 'bigint'],
  [Date, 'timestamptz'],
  [Uint8Array, 'blob'],
  [Buffer, 'blob'],
]);

function undecided(note: ColumnNote): string {
  if (note.mode === 'standard') return 'standard decorators carry no type information';
  if (note.design === undefined) {
    return 'the compiler emitted no metadata ("emitDecoratorMetadata" is off in tsconfig.json, or the file was compiled by esbuild or tsx, which cannot emit it)';
  }
  if (note.design === Object) {
    return 'the compiler emitted Object for the property, as it does for Generated<T>, T | null, other unions, interfaces, and types it infers from an initializer';
  }
  return `the compiler emitted ${(note.design as { name?: string }).name ?? 'something'}, which no column type stands for`;
}
