// Values that the binding made, as property values: what stands in a VARIANT, whose types only its values know, and types
// that the binding reads. Not here: columns of one type (decode.ts).
import {
  DuckDBBitValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBGeometryValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimeNSValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUUIDValue,
  DuckDBVariantValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { decimalText } from './decimal-text.js';
import { record } from './record.js';
import { dateOf, instantOf, nanosOf } from './time-form.js';
import { clockText, offsetText, timeText } from './time-text.js';

/** As raw SQL has it: a VARIANT holds lists and structs of anything, and no other types made of types. */
export function propertyOf(value: DuckDBValue): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof DuckDBVariantValue) return propertyOf(value.value);
  if (value instanceof DuckDBListValue) return value.items.map(propertyOf);
  if (value instanceof DuckDBStructValue) {
    const entries = Object.entries(value.entries);
    return record(
      entries.map(([name]) => name),
      (_name, index) => propertyOf(entries[index]?.[1] as DuckDBValue),
    );
  }
  if (value instanceof DuckDBDecimalValue) return decimalText(value.value, value.scale);
  // a geometry as its WKB
  if (value instanceof DuckDBBlobValue || value instanceof DuckDBGeometryValue) return Uint8Array.from(value.bytes);
  if (value instanceof DuckDBUUIDValue || value instanceof DuckDBBitValue) return String(value);
  if (value instanceof DuckDBDateValue) return dateOf(value.days, 'raw');
  if (value instanceof DuckDBTimestampTZValue) return instantOf(value.micros, 1n, '+00', 'raw');
  if (value instanceof DuckDBTimestampValue) return instantOf(value.micros, 1n, '', 'raw');
  if (value instanceof DuckDBTimestampMillisecondsValue) return instantOf(value.millis, 1000n, '', 'raw');
  if (value instanceof DuckDBTimestampSecondsValue) return instantOf(value.seconds, 1_000_000n, '', 'raw');
  if (value instanceof DuckDBTimestampNanosecondsValue) return nanosOf(value.nanos, 'raw');
  if (value instanceof DuckDBTimeValue) return timeText(value.micros);
  if (value instanceof DuckDBTimeNSValue) return clockText(value.nanos, 1_000_000_000n);
  if (value instanceof DuckDBTimeTZValue) return timeText(value.micros) + offsetText(value.offset);
  if (value instanceof DuckDBIntervalValue) {
    const { months, days, micros } = value;
    return { months, days, micros };
  }
  return value;
}
