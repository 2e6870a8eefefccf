// SQL types on the type level: which TypeScript type a column of each SQL type has. Not here: anything that runs.

/** SQL types that are just a name. */
export interface ScalarTypes {
  boolean: boolean;
  tinyint: number;
  smallint: number;
  integer: number;
  utinyint: number;
  usmallint: number;
  uinteger: number;
  bigint: bigint;
  ubigint: bigint;
  hugeint: bigint;
  uhugeint: bigint;
  float: number;
  double: number;
  varchar: string;
  uuid: string;
  bit: string;
  blob: Uint8Array;
  date: Date;
  timestamp: Date;
  timestamp_s: Date;
  timestamp_ms: Date;
  timestamptz: Date;
  timestamp_ns: string;
  time: string;
  timetz: string;
  interval: Interval;
}

/** The value of an `interval` column. The parts do not convert into each other: a month has no fixed length. */
export interface Interval {
  /** whole months; a year is twelve */
  readonly months: number;
  /** whole days, which may have 23 to 25 hours where a clock changes */
  readonly days: number;
  /** microseconds */
  readonly micros: bigint;
}

/** The value of a `union(...)` column: which member it is, and its value. */
export type UnionValue<M extends Record<string, ColumnType>> = {
  [K in keyof M & string]: { readonly tag: K; readonly value: PropertyType<M[K]> | null };
}[keyof M & string];

export type ScalarName = keyof ScalarTypes;
type DecimalName = 'decimal' | `decimal(${number},${number})` | `decimal(${number}, ${number})`;
type NamedType = ScalarName | DecimalName;

declare const VALUE: unique symbol;

/** A SQL type that needs more than a name: `json() enumOf() list() array() struct() map() union()`. `V` is its property type. */
export interface BuiltType<V> {
  /** its SQL type as it is named in messages, such as `list(double)` */
  readonly kind: string;
  /** type-level only */
  readonly [VALUE]?: V;
}

/** What `@Column` takes: a type's name, a name with `[]`, or a built type. */
export type ColumnType = NamedType | `${NamedType}[]` | BuiltType<unknown>;

/**
 * Property type of an SQL type, before `as` and `nullable`: the widest one. What is inside of lists, structs and maps may be NULL to
 * DuckDB; a property that is declared without `| null` there says that it never is.
 */
export type PropertyType<T> = T extends ScalarName
  ? ScalarTypes[T]
  : T extends DecimalName
    ? string
    : T extends `${infer Item}[]`
      ? (PropertyType<Item> | null)[]
      : T extends BuiltType<infer V>
        ? V
        : never;

type Big = 'bigint' | 'ubigint' | 'hugeint' | 'uhugeint';
type Micros = 'timestamp' | 'timestamp_s' | 'timestamp_ms' | 'timestamptz';

/** Other property types that a type can be read and written as. */
export type As = 'number' | 'bigint' | 'string';
export type AsOf<T> = T extends Big | DecimalName
  ? 'number'
  : T extends 'date'
    ? 'string'
    : T extends Micros
      ? 'bigint' | 'string'
      : T extends 'timestamp_ns' | 'time' | 'timetz'
        ? 'bigint'
        : never;

type AsType = { number: number; bigint: bigint; string: string };
export type PropertyTypeAs<T, A> = [A] extends [never]
  ? PropertyType<T>
  : A extends keyof AsType
    ? AsType[A]
    : PropertyType<T>;

declare const GENERATED: unique symbol;

/**
 * Marks a property that the database or the library fills in: optional at insert, an ordinary `T` to read.
 * The mark is type-level only. `@Column()` needs its type written out, since the compiler emits `Object` for it.
 *
 * @example \@Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
 */
export type Generated<T> = T extends null | undefined ? T : T & { readonly [GENERATED]?: true };

/** `T` without the mark of `Generated`. */
export type Unmarked<T> = T extends null | undefined
  ? T
  : typeof GENERATED extends keyof T
    ? T extends infer U & { readonly [GENERATED]?: true }
      ? U
      : T
    : T;

/** True where `T` is marked by `Generated`. */
export type IsGenerated<T> = true extends (
  T extends null | undefined ? never : typeof GENERATED extends keyof T ? true : never
)
  ? true
  : false;
