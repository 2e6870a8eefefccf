// Defaults that are made, not written: in Node where that is possible, so that insert knows them, and in the DDL too, so
// that SQL from elsewhere gets the same.
import { v4, v7 } from 'uuid';
import { DatabaseError } from '../errors.js';
import { quoteLiteral } from './identifier.js';
import type { SqlType } from './types.js';

/**
 * A default made anew for each row: `uuid7() uuid4() now() sequence()`.
 *
 * @example \@Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
 */
export class DefaultValue {
  /** @internal */
  constructor(
    /** @internal as written in a declaration, for messages */
    readonly name: string,
    /** @internal why a column of this type cannot have it, or undefined */
    readonly refuses: (type: SqlType) => string | undefined,
    /** @internal the property value before encoding, by a clock in ms; undefined where only the database can make it */
    readonly make: ((clock: () => number, type: SqlType) => unknown) | undefined,
    /** @internal the SQL of the default; `sequence` is the quoted name of the column's sequence */
    readonly ddl: (type: SqlType, sequence: string) => string,
    /** @internal the sequence to create: a name, or '' for one named after table and column */
    readonly sequenceName?: string,
  ) {
    Object.freeze(this);
  }
}

const textOrUuid = (type: SqlType): string | undefined =>
  type.name === 'uuid' || type.name === 'varchar' ? undefined : 'a UUID goes into uuid or varchar';

/** Of each clock that is not the machine's: the millisecond of the last UUID, and its number within that. */
const lastOf = new WeakMap<() => number, { ms: number; number: number }>();

/** The machine's own never goes back; one of a test goes where it is set, and the UUIDs of one millisecond sort all the same. */
function uuid7By(clock: () => number): string {
  if (clock === Date.now) return v7();
  const ms = Math.max(0, Math.floor(clock()));
  const last = lastOf.get(clock);
  const number = last?.ms === ms ? last.number + 1 : 0;
  lastOf.set(clock, { ms, number });
  return v7({ msecs: ms, seq: number });
}

/**
 * A random UUID that sorts by creation time (RFC 9562, version 7). Made in Node.
 *
 * @example \@Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
 */
export function uuid7(): DefaultValue {
  return new DefaultValue('uuid7()', textOrUuid, uuid7By, () => 'uuidv7()');
}

/**
 * A random UUID (version 4). Made in Node.
 *
 * @example \@Column('uuid', { default: uuid4() }) token!: Generated<string>;
 */
export function uuid4(): DefaultValue {
  return new DefaultValue(
    'uuid4()',
    textOrUuid,
    () => v4(),
    () => 'uuid()',
  );
}

const NOW_UNITS: Readonly<Record<string, number>> = { date: 86_400_000, timestamp_s: 1000 };

/**
 * The current time, in UTC where the type has no zone; for `date` the current UTC day. Made in Node, to the millisecond.
 *
 * @example \@Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
 */
export function now(): DefaultValue {
  return new DefaultValue(
    'now()',
    (type) =>
      /^(?:date|timestamp(?:tz|_s|_ms)?)$/.test(type.name) ? undefined : 'the time goes into date or a timestamp',
    (clock, type) => {
      const unit = NOW_UNITS[type.name] ?? 1;
      return new Date(Math.floor(clock() / unit) * unit);
    },
    (type) => (type.name === 'timestamptz' ? 'now()' : `CAST((now() AT TIME ZONE 'UTC') AS ${type.ddl})`),
  );
}

/**
 * The next number of a sequence, which is created with the table. Drawn by the database; numbers are unique and rising,
 * with gaps after rollbacks.
 *
 * @param name shared by columns that give the same name; left out, `<table>_<column>_seq`
 * @throws DatabaseError `E_DECLARATION` for a name with a double quote
 * @example \@Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
 */
export function sequence(name = ''): DefaultValue {
  // nextval() reads its argument by rules of its own, in which a quote within a name cannot be written
  if (typeof name !== 'string' || /["\0]/.test(name) || !name.isWellFormed())
    throw new DatabaseError('E_DECLARATION', 'sequence(name): the name is a string without double quotes.');
  return new DefaultValue(
    'sequence()',
    (type) => (type.family === 'integer' || type.family === 'bigint' ? undefined : 'a sequence gives integers'),
    undefined,
    (_type, quoted) => `nextval(${quoteLiteral(quoted)})`,
    name,
  );
}
