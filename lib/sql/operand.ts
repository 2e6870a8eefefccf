// What conditions, orders and aggregates stand on: a piece of SQL with a type. Not here: how it is found (select.ts), what is made of
// it (where.ts).
import type { As } from '../entity/property-type.js';
import type { SqlType } from '../entity/types.js';
import { DatabaseError } from '../errors.js';

/** What a condition can stand on: a column, or a result of an aggregate. */
export interface Operand {
  /** for messages: `BacktestResult.price` */
  readonly label: string;
  /** the property of the column that it is, or is a part of; none of a result of an aggregate */
  readonly property?: string;
  readonly sql: string;
  readonly type: SqlType;
  readonly as: As | undefined;
  /** a part of a column, by `at` */
  readonly part?: true;
}

/** Refuses json where values are compared: two texts may be the same JSON, and their order means nothing. */
export function comparable<O extends Pick<Operand, 'label' | 'type'>>(what: string, operand: O): O {
  if (operand.type.json !== true) return operand;
  throw new DatabaseError(
    'E_QUERY',
    `${what}: ${operand.label} is json, which would be compared by its text. Take another column, or leave it out.`,
  );
}

/** Finds an operand by its property, or throws. */
export type Resolve = (property: string) => Operand;
