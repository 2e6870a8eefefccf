// The shapes of rows, from an entity class on the type level: what may be inserted, updated, selected. Nothing runs here.
import type { IsGenerated, Unmarked } from './property-type.js';

/** A class decorated with `@Table`. */
export type EntityClass<E extends object = object> = abstract new (...args: never[]) => E;

type AnyFunction = (...args: never[]) => unknown;

/** The columns of an entity: its string keys that are not methods. */
export type ColumnKey<E> = {
  [K in keyof E]-?: K extends string ? (NonNullable<E[K]> extends AnyFunction ? never : K) : never;
}[keyof E];

/** `{ readonly x: 1 }` and `{ x: 1 }` told apart, so that getters need not be given at insert. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type ReadonlyKey<E> = {
  [K in ColumnKey<E>]-?: Same<{ [P in K]: E[K & keyof E] }, { -readonly [P in K]: E[K & keyof E] }> extends true
    ? Same<Pick<E, K & keyof E>, { -readonly [P in K]: E[P & keyof E] }> extends true
      ? never
      : K
    : K;
}[ColumnKey<E>];

type OptionalKey<E> =
  | {
      [K in ColumnKey<E>]: IsGenerated<E[K & keyof E]> extends true
        ? K
        : undefined extends E[K & keyof E]
          ? K
          : null extends E[K & keyof E]
            ? K
            : never;
    }[ColumnKey<E>]
  | ReadonlyKey<E>;

/** Numeric lists may be given as a typed array too; they come back as an array. */
type Writable<T> = T extends readonly number[] ? T | Float64Array : T;
type Value<E, K> = K extends keyof E ? Writable<Unmarked<E[K]>> : never;
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** What `insert` takes: `Generated`, nullable and read-only properties may be left out. */
export type Insert<E> = Flat<
  { -readonly [K in Exclude<ColumnKey<E>, OptionalKey<E>>]: Value<E, K> } & {
    -readonly [K in OptionalKey<E> & ColumnKey<E>]?: Value<E, K> | undefined;
  }
>;

type Numbers =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
type ColumnOf<V> =
  readonly V[] | (number extends V ? Numbers : never) | (bigint extends V ? BigInt64Array | BigUint64Array : never);

/** Many rows as one object: the values of each property, all of one length. What `Insert` may leave out may be left out. */
export type Columns<E> = { readonly [K in keyof Insert<E>]: ColumnOf<Insert<E>[K]> };

/** What a patch may set. */
export type Update<E> = { -readonly [K in ColumnKey<E>]?: Value<E, K> | undefined };

/** A row of the selected columns. */
export type Selected<E, K> = Pick<E, Extract<K, keyof E>>;
