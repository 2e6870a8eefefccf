// What `aggregate` takes and gives, on the type level. Not here: anything that runs.
import type { Unmarked } from '../entity/property-type.js';
import type { ColumnKey } from '../entity/row.js';
import type { Fragment } from '../fragment.js';
import type { CallOptions } from '../limit.js';
import type { Aggregate, Grouping } from './aggregate-functions.js';
import type { DatePart, TimeBucket } from './group-key.js';
import type { Combination, Condition, Operator, Where } from './operator.js';
import type { OrderBy } from './select.js';

/** The properties whose values are a `V`. */
export type KeyOf<E, V> = {
  [K in ColumnKey<E>]: NonNullable<Unmarked<E[K & keyof E]>> extends V ? K : never;
}[ColumnKey<E>];
export type NumericKey<E> = KeyOf<E, number | bigint | string>;
export type SortableKey<E> = KeyOf<E, number | bigint | string | Date | boolean>;
/** The value of a property, where there is one. */
export type ValueOf<E, K> = K extends keyof E ? NonNullable<Unmarked<E[K]>> : never;
export type Flat<T> = { [K in keyof T]: T[K] } & {};

/** An operator away from its column does not know which strings the column has; it is checked when it runs. */
type Wide<V> = V extends string ? string : V extends number ? number : V extends boolean ? boolean : V;

/** What `filter` may hold on an aggregate of this entity. */
interface FilterFor<E> {
  readonly where:
    | { [K in ColumnKey<E>]?: Condition<Unmarked<E[K & keyof E]>> | Operator<Wide<Unmarked<E[K & keyof E]>>> }
    | Combination<E>
    | Fragment;
  readonly keys: ColumnKey<E>;
}

/** The aggregates that an entity's columns allow. */
export type AggregateOf<E> =
  | Aggregate<
      'count' | 'countDistinct' | 'first' | 'last' | 'collect' | 'argMin' | 'argMax',
      ColumnKey<E>,
      ColumnKey<E>,
      FilterFor<E>
    >
  | Aggregate<'sum' | 'avg' | 'median' | 'quantile' | 'stddev', NumericKey<E>, never, FilterFor<E>>
  | Aggregate<'min' | 'max', SortableKey<E>, never, FilterFor<E>>;

/** What an aggregate gives. All but counts and `grouping` may be null: over no rows, or over NULLs alone. */
export type AggregateValue<E, A> = A extends Grouping
  ? boolean
  : A extends Aggregate<infer N, infer K, string, unknown>
    ? N extends 'count' | 'countDistinct'
      ? number
      : N extends 'avg' | 'median' | 'quantile' | 'stddev'
        ? number | null
        : N extends 'collect'
          ? Unmarked<E[K & keyof E]>[] | null
          : ValueOf<E, K> | null
    : never;

/** Dates and times, in all the forms that they are read in; whether the column is one is checked when it runs. */
type TimeKey<E> = KeyOf<E, Date | string | bigint>;

/** What `groupBy` takes: properties, or names for properties, time buckets and parts of dates. */
export type GroupBy<E> =
  readonly ColumnKey<E>[] | Readonly<Record<string, ColumnKey<E> | TimeBucket<TimeKey<E>> | DatePart<TimeKey<E>>>>;

type KeyValue<E, T> =
  T extends TimeBucket<infer K>
    ? Unmarked<E[K & keyof E]>
    : T extends DatePart<infer K>
      ? number | Extract<E[K & keyof E], null>
      : Unmarked<E[T & keyof E]>;

type Grouped<E, G, N> = G extends readonly (infer K)[]
  ? { [P in K & keyof E]: Unmarked<E[P]> | N }
  : { -readonly [P in keyof G]: KeyValue<E, G[P]> | N };

/** One row of an aggregate: its group keys and its aggregates. With `R` (rollup) a key may be null: the row is a total then. */
export type AggregateRow<E, G, A, R = false> = Flat<
  Grouped<E, G, true extends R ? null : never> & { -readonly [K in keyof A]: AggregateValue<E, A[K]> }
>;

/** The names of the group keys. */
export type GroupName<G> = (G extends readonly (infer K)[] ? K : keyof G) & string;

/** What `select` of `aggregate` may name: `grouping` only beside `rollup: true`. */
export type AggregateSelect<E, G, R> = Readonly<
  Record<string, AggregateOf<E> | (true extends R ? Grouping<GroupName<G>> : never)>
>;

/** The aggregates that are null in a gap. */
type Carried<A> = {
  [K in keyof A]: A[K] extends Grouping | Aggregate<'count' | 'countDistinct', string, string, unknown> ? never : K;
}[keyof A];

/** How gaps between time buckets are filled. */
export interface FillOptions<K extends string = string> {
  /** the bucket that holds this instant is the first that is filled; default the first that has rows */
  readonly from?: Date;
  /** the bucket that holds this instant is the last that is filled; default the last that has rows */
  readonly to?: Date;
  /** aggregates that keep their last value in a gap, and wherever else they are null; default none: they are null there */
  readonly carry?: readonly K[];
}

/** What `aggregate` takes. */
export interface AggregateOptions<E, G, A, R extends boolean = false> extends CallOptions {
  /** properties, or names for properties, time buckets and parts of dates; default none: all rows are one group */
  readonly groupBy?: G;
  /** names for the aggregates */
  readonly select: A;
  /** which rows are aggregated; default all */
  readonly where?: Where<E>;
  /** conditions on the aggregates, by their names in `select` */
  readonly having?: Where<{ [K in keyof A]: AggregateValue<E, A[K]> }>;
  /** also totals: over the last group key, over the last two, and so on up to all rows; their keys are null, see `grouping` */
  readonly rollup?: R;
  /**
   * Beside one `timeBucket` in `groupBy`: a row for each bucket from the first to the last, for each combination of the other
   * group keys that there is. In a gap counts are 0, all else is null or carried. `having` sees the filled rows, and buckets
   * outside `from` and `to` that have rows stay. At most 10 million buckets. Without `orderBy`, in the order of the other keys
   * and then of time.
   */
  readonly fill?: boolean | FillOptions<Carried<NoInfer<A>> & string>;
  /** by the names of group keys and aggregates */
  readonly orderBy?: OrderBy<GroupName<NoInfer<G>> | (keyof A & string)>;
  /** at most this many rows */
  readonly limit?: number;
  /** after skipping this many */
  readonly offset?: number;
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

type Groups = 'groupBy' | 'having' | 'limit' | 'offset' | 'rollup' | 'fill';

/** What `aggregate` takes for one row over everything: nothing that groups, and nothing that could leave the row out. */
export type TotalOptions<E, A> = Omit<AggregateOptions<E, readonly [], A>, Groups> & {
  readonly [K in Groups]?: never;
};
