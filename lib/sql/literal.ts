// DuckDB values as SQL literals, for the places that take no parameters: defaults, checks, generated columns.
import {
  DuckDBArrayValue,
  DuckDBBitValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUUIDValue,
  DuckDBUnionValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { quote, quoteLiteral } from '../entity/identifier.js';
import { timestampText } from '../entity/time-text.js';
import { DatabaseError } from '../errors.js';

const cast = (text: string, type: string): string => `CAST(${quoteLiteral(text)} AS ${type})`;
const MICROS = 1_000_000n;
/** DuckDB prints the era behind the time, and reads it behind the date. */
const instant = (count: bigint, perSecond: bigint): string =>
  timestampText(count, perSecond).replace(/^(\S+) (\S+) \(BC\)$/, '$1 (BC) $2');

/** DuckDB cuts SQL off at a NUL, so that one is written by its number. */
function textLiteral(text: string): string {
  return text.includes('\0') ? `(${text.split('\0').map(quoteLiteral).join(' || chr(0) || ')})` : quoteLiteral(text);
}

/** The literal of a value; its exact type follows from the column or the cast. */
export function literal(value: DuckDBValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 1e15
      ? String(value)
      : cast(Object.is(value, -0) ? '-0.0' : String(value), 'DOUBLE');
  if (typeof value === 'string') return textLiteral(value);
  if (value instanceof DuckDBDecimalValue) return cast(value.toString(), `DECIMAL(${value.width},${value.scale})`);
  if (value instanceof DuckDBUUIDValue) return cast(value.toString(), 'UUID');
  if (value instanceof DuckDBBitValue) return cast(value.toString(), 'BIT');
  if (value instanceof DuckDBBlobValue) return `from_hex('${Buffer.from(value.bytes).toString('hex')}')`;
  if (value instanceof DuckDBDateValue) return cast(value.toString(), 'DATE');
  if (value instanceof DuckDBTimeValue) return cast(value.toString(), 'TIME');
  if (value instanceof DuckDBTimeTZValue) return cast(value.toString(), 'TIME WITH TIME ZONE');
  if (value instanceof DuckDBTimestampTZValue)
    return cast(`${instant(value.micros, MICROS)}+00`, 'TIMESTAMP WITH TIME ZONE');
  if (value instanceof DuckDBTimestampValue) return cast(instant(value.micros, MICROS), 'TIMESTAMP');
  if (value instanceof DuckDBTimestampMillisecondsValue)
    return cast(instant(value.millis * 1000n, MICROS), 'TIMESTAMP_MS');
  if (value instanceof DuckDBTimestampSecondsValue) return cast(instant(value.seconds * MICROS, MICROS), 'TIMESTAMP_S');
  if (value instanceof DuckDBTimestampNanosecondsValue)
    return cast(instant(value.nanos, 1000n * MICROS), 'TIMESTAMP_NS');
  if (value instanceof DuckDBIntervalValue) {
    return `(to_months(${value.months}) + to_days(${value.days}) + to_microseconds(${value.micros}))`;
  }
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return `[${value.items.map((item) => literal(item)).join(', ')}]`;
  if (value instanceof DuckDBStructValue) {
    return `{${Object.entries(value.entries)
      .map(([name, entry]) => `${quote(name)}: ${literal(entry)}`)
      .join(', ')}}`;
  }
  if (value instanceof DuckDBMapValue)
    return `MAP {${value.entries.map((entry) => `${literal(entry.key)}: ${literal(entry.value)}`).join(', ')}}`;
  if (value instanceof DuckDBUnionValue) return `union_value(${quote(value.tag)} := ${literal(value.value)})`;
  throw new DatabaseError('E_UNSUPPORTED', 'A value of this kind has no SQL literal; write the default as sql`...`.');
}
