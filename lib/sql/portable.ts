// Columns as they go into a file: what its format has no type for goes as text, so that no digit is lost. Not here: COPY
// (copy-to.ts), the way back (exact-cast.ts).
import {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId as Id,
  VARCHAR,
  type DuckDBType,
} from '@duckdb/node-api';
import type { FileFormat } from '../entity/file-source.js';
import { NoCast, typeSql } from './exact-cast.js';

/** Parquet would write a double, milliseconds, or another offset. */
const NOT_IN_PARQUET: ReadonlySet<Id> = new Set([Id.HUGEINT, Id.UHUGEINT, Id.INTERVAL, Id.TIME_TZ]);

/** Whoever reads JSON makes doubles of its numbers. */
const NOT_IN_JSON: ReadonlySet<Id> = new Set([Id.HUGEINT, Id.UHUGEINT, Id.DECIMAL, Id.BLOB, Id.BIT]);

const NESTED: ReadonlySet<Id> = new Set([Id.LIST, Id.ARRAY, Id.STRUCT, Id.MAP]);

/**
 * @param value an expression of the type
 * @throws NoCast for a type that the format has no form for
 */
export function portable(value: string, type: DuckDBType, format: FileFormat): string {
  const nested = NESTED.has(type.typeId);
  const changed = changedType(type, format === 'parquet' ? NOT_IN_PARQUET : NOT_IN_JSON);
  if (format === 'csv' && !nested) return value;
  const cast = typeSql(changed) === typeSql(type) ? value : `CAST(${value} AS ${typeSql(changed)})`;
  if (format === 'parquet') return cast;
  if (isReal(type)) return realJson(value);
  if ((type instanceof DuckDBListType || type instanceof DuckDBArrayType) && isReal(type.valueType)) {
    const list = `CAST(${value} AS ${typeSql(type.valueType)}[])`;
    return `to_json(list_transform(${list}, lambda item: ${realJson('item')}))`;
  }
  return format === 'csv' ? `to_json(${cast})` : cast;
}

const isReal = ({ typeId }: DuckDBType): boolean => typeId === Id.DOUBLE || typeId === Id.FLOAT;

/** NaN and the infinities are no JSON. */
const realJson = (value: string): string =>
  `CASE WHEN isfinite(${value}) THEN to_json(${value}) WHEN ${value} IS NOT NULL THEN to_json(CAST(${value} AS VARCHAR)) END`;

function changedType(type: DuckDBType, without: ReadonlySet<Id>): DuckDBType {
  const within = (each: DuckDBType): DuckDBType => changedType(each, without);
  if (type.typeId === Id.UNION) throw new NoCast();
  if (type instanceof DuckDBListType) return new DuckDBListType(within(type.valueType));
  if (type instanceof DuckDBArrayType) return new DuckDBArrayType(within(type.valueType), type.length);
  if (type instanceof DuckDBMapType) return new DuckDBMapType(within(type.keyType), within(type.valueType));
  if (type instanceof DuckDBStructType) return new DuckDBStructType(type.entryNames, type.entryTypes.map(within));
  return without.has(type.typeId) ? VARCHAR : type;
}
