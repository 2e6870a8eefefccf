// @Table, @Column, @Index: they take notes and decide nothing. One body for legacy (experimentalDecorators) and standard
// decorators. Not here: @Cached, which belongs to the cache.
import { DatabaseError } from '../errors.js';
import type { Fragment } from '../fragment.js';
import type { DefaultValue } from './default.js';
import { designType, draftOf, draftOn, isContext, type ColumnNote, type Draft } from './draft.js';
import type { FileSource } from './file-source.js';
import type { As, AsOf, ColumnType, PropertyTypeAs } from './property-type.js';
import type { EntityClass } from './row.js';
import { defineSchema } from './schema.js';

/** Options of `@Table`. */
export interface TableOptions {
  /** default: snake_case of the class */
  readonly name?: string;
  /** a database schema other than the main one; created where missing */
  readonly schema?: string;
  /** stored with the table in the database */
  readonly comment?: string;
  /** how columns are named after properties; default `'snake_case'` */
  readonly naming?: 'snake_case' | 'as_is' | ((property: string) => string);
  /** CHECK constraints over several columns, by name */
  readonly checks?: Readonly<Record<string, Fragment>>;
  /** files that the rows are read from, in place of a table: `parquet(path)`, `csvFile(path)`, `jsonFile(path)`. They are never written */
  readonly from?: FileSource;
}

/** Options of `@Column`. `V` is the property type, `A` an `as` variant, `N` whether it is nullable. */
export interface ColumnOptions<V = unknown, A extends As = As, N extends boolean = boolean> {
  /** default: by the table's `naming` */
  readonly name?: string;
  /** part of the primary key; several columns make one of all of them. Default false */
  readonly primaryKey?: boolean;
  /** a UNIQUE constraint on this column alone; default false. For several columns: `@Index([...], { unique: true })` */
  readonly unique?: boolean;
  /** NULL allowed; the property is `T | null`. Default: NOT NULL */
  readonly nullable?: N;
  /** a value, `uuid7() uuid4() now() sequence()`, or SQL */
  readonly default?: NoInfer<NonNullable<V>> | DefaultValue | Fragment | null;
  /** a condition each row must meet, such as sql`price > 0` */
  readonly check?: Fragment;
  /** the expression of a virtual generated column, which is computed when read and never written */
  readonly generated?: Fragment;
  /** foreign key: the class and the property it points at */
  readonly references?: () => readonly [EntityClass, string];
  /** stored with the column in the database */
  readonly comment?: string;
  /** another property type for the same SQL type */
  readonly as?: A;
  /** the column's former name, which the message at the start names where the table still has it; nothing is renamed */
  readonly renamedFrom?: string;
}

/** Checks at compile time that the property's type is the SQL type's, nullable where the column is, in both decorator modes. */
export interface ColumnDecorator<V, N extends boolean> {
  <This, P extends V | Nullable<N> | undefined>(
    value: undefined,
    context: ClassFieldDecoratorContext<This, P> & NeedsNull<N, P>,
  ): void;
  <This, P extends V | Nullable<N> | undefined>(
    value: ClassAccessorDecoratorTarget<This, P>,
    context: ClassAccessorDecoratorContext<This, P> & NeedsNull<N, P>,
  ): void;
  <K extends string, T extends { [P in K]?: V | Nullable<N> | undefined }>(
    target: T,
    key: K & (T extends { [P in K]?: infer P } ? NeedsNull<N, P> : unknown),
  ): void;
}

type Nullable<N> = N extends true ? null : never;
type NeedsNull<N, P> = N extends true
  ? null extends P
    ? unknown
    : 'the property of a nullable column is T | null'
  : unknown;

/** Works on any property: without a type there is nothing to check. */
interface InferredColumnDecorator {
  (value: undefined, context: ClassFieldDecoratorContext): void;
  <This, P>(value: ClassAccessorDecoratorTarget<This, P>, context: ClassAccessorDecoratorContext<This, P>): void;
  (target: object, key: string): void;
}

interface ClassDecoratorFunction {
  <C extends EntityClass>(target: C, context: ClassDecoratorContext<C>): void;
  <C extends EntityClass>(target: C): void;
}

interface IndexDecorator extends ClassDecoratorFunction {
  (value: undefined, context: ClassFieldDecoratorContext): void;
  <This, P>(value: ClassAccessorDecoratorTarget<This, P>, context: ClassAccessorDecoratorContext<This, P>): void;
  (target: object, key: string): void;
}

function fail(message: string): never {
  throw new DatabaseError('E_DECLARATION', message);
}

/** `@Column x` in place of `@Column() x` would be no error in JavaScript, and no column. */
function withParentheses(decorator: string, first: unknown, second: unknown): void {
  if (typeof first === 'function' || typeof second === 'string' || typeof second === 'symbol' || isContext(second))
    fail(`${decorator} stands there without parentheses. Write ${decorator}().`);
}

/** Where a member decorator stands, in either mode: the draft to note into, and the property. */
function member(
  decorator: string,
  target: unknown,
  key: unknown,
): { draft: Draft; property: string; accessor: boolean; prototype?: object } {
  if (isContext(key)) {
    const property = String(key.name);
    if (key.kind !== 'field' && key.kind !== 'accessor')
      fail(`${decorator} on ${property}: it decorates a field or an accessor, not a ${key.kind}.`);
    if (key.static || key.private)
      fail(`${decorator} on ${property}: a ${key.static ? 'static' : '#private'} member is no column.`);
    return { draft: draftOf(key, decorator), property, accessor: key.kind === 'accessor' };
  }
  if (typeof target === 'function')
    fail(`${decorator} on ${target.name}.${String(key)}: a static member is no column.`);
  if (typeof target !== 'object' || target === null || typeof key !== 'string') {
    fail(
      `${decorator}: it decorates a property of a class with a string name. Write it with its parentheses: ${decorator}().`,
    );
  }
  return { draft: draftOn(target.constructor), property: key, accessor: false, prototype: target };
}

/** Notes on a class; where @Table has been here already, the schema is made anew with them. */
export function noteClass(decorator: string, target: unknown, key: unknown, note: (draft: Draft) => void): void {
  if (typeof target !== 'function') fail(`${decorator}: it decorates a class.`);
  const draft = isContext(key) ? draftOf(key, decorator) : draftOn(target);
  note(draft);
  if (draft.table !== undefined) defineSchema(target as EntityClass, draft);
}

/**
 * Makes a class an entity: one table, its columns by `@Column`, its indexes by `@Index`.
 *
 * @param name the table's name; default: snake_case of the class
 * @throws DatabaseError `E_DECLARATION` when the class is defined, for anything in its declaration that cannot work
 * @example
 * \@Table('trades', { comment: 'one row per fill' })
 * class Trade { \@Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>; }
 * // CREATE TABLE "trades" ("id" UUID NOT NULL DEFAULT uuidv7(), PRIMARY KEY ("id"))
 */
export function Table(name?: string | TableOptions, options?: TableOptions): ClassDecoratorFunction {
  withParentheses('@Table', name, options);
  return (target: unknown, key?: unknown) => {
    const [text, rest] = typeof name === 'object' ? [undefined, name] : [name, options ?? {}];
    noteClass(
      '@Table',
      target,
      key,
      (draft) => (draft.table = { name: text, options: rest as Record<string, unknown> }),
    );
  };
}

/**
 * The same as `Table`.
 *
 * @throws DatabaseError as `Table`
 * @example \@Entity('trades') class Fill { \@Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>; }
 */
export const Entity = Table;

/**
 * Makes a property a column, NOT NULL unless `nullable: true`. Without a type it is inferred from the property: string
 * varchar, number double, boolean boolean, bigint bigint, Date timestamptz, Uint8Array blob (legacy decorators with
 * `emitDecoratorMetadata` only). A property whose type is not the column's does not compile.
 *
 * @throws DatabaseError `E_DECLARATION` naming `Class.property` and the remedy
 * @example \@Column('decimal(18,4)') price!: string;
 * @example \@Column('double', { nullable: true }) sharpe!: number | null;
 */
export function Column(options?: Omit<ColumnOptions, 'as'>): InferredColumnDecorator;
export function Column<const T extends ColumnType, const A extends AsOf<T> = never, const N extends boolean = false>(
  type: T,
  options?: ColumnOptions<PropertyTypeAs<T, A>, A, N>,
): ColumnDecorator<PropertyTypeAs<T, A>, N>;
export function Column(first?: unknown, second?: unknown): never {
  withParentheses('@Column', first, second);
  const typed =
    typeof first === 'string' ||
    (typeof first === 'object' && first !== null && 'kind' in first) ||
    second !== undefined;
  const type = typed ? (first as ColumnType) : undefined;
  const options = ((typed ? second : first) ?? {}) as Record<string, unknown>;
  return ((target: unknown, key: unknown): void => {
    const { draft, property, accessor, prototype } = member('@Column', target, key);
    const note: ColumnNote = {
      type,
      options,
      mode: prototype === undefined ? 'standard' : 'legacy',
      design: prototype === undefined ? undefined : designType(prototype, property),
      accessor,
    };
    draft.columns.set(property, note);
  }) as never;
}

/** Options of `@Index`. */
export interface IndexOptions {
  /** default: `<table>_<columns>_idx` */
  readonly name?: string;
  /** no two rows with the same values; default false. NULLs never collide */
  readonly unique?: boolean;
}

/**
 * An index: on a property over that column, on a class over the named properties in their order.
 *
 * @throws DatabaseError `E_DECLARATION` for unknown properties, types DuckDB cannot index, and partial indexes
 * @example \@Table() \@Index(['symbol', 'day'], { unique: true }) class Close { \@Column('varchar') symbol!: string; \@Column('date') day!: Date; }
 */
export function Index(properties: readonly string[], options?: IndexOptions): ClassDecoratorFunction;
export function Index(options?: IndexOptions): IndexDecorator;
export function Index(first?: readonly string[] | IndexOptions, second?: IndexOptions): never {
  withParentheses('@Index', first, second);
  const properties = Array.isArray(first) ? (first as readonly string[]) : undefined;
  const options = ((properties === undefined ? first : second) ?? {}) as Record<string, unknown>;
  return ((target: unknown, key?: unknown): void => {
    if (properties !== undefined || typeof target === 'function') {
      noteClass('@Index', target, key, (draft) => draft.indexes.push({ properties: properties ?? [], options }));
      return;
    }
    const { draft, property } = member('@Index', target, key);
    draft.indexes.push({ properties: [property], options });
  }) as never;
}
