// The public API: named re-exports, nothing else.
export { durationMs, type Duration } from './duration.js';
export type { CallOptions } from './limit.js';
export { DatabaseError, ERROR_CODES, isDatabaseError, type ErrorCode, type ErrorDetails } from './errors.js';
export { withContext, type LogContext } from './context.js';
export { sql, type Fragment } from './fragment.js';
export type {
  As,
  BuiltType,
  ColumnType,
  Generated,
  Interval,
  PropertyType,
  UnionValue,
} from './entity/property-type.js';
export type { ColumnArray, ColumnArrays } from './entity/column-array.js';
export type { ColumnKey, Columns, EntityClass, Insert, Selected, Update } from './entity/row.js';
export type { BrokenRules } from './entity/broken-rules.js';
export type { RuleGroups, ValidateOption } from './entity/rule-option.js';
export { array, enumOf, json, list, map, struct, union } from './entity/built-types.js';
export { now, sequence, uuid4, uuid7, type DefaultValue } from './entity/default.js';
export {
  Column,
  Entity,
  Index,
  Table,
  type ColumnOptions,
  type IndexOptions,
  type TableOptions,
} from './entity/decorators.js';
export { columnsOf, type Column as ColumnSchema } from './entity/schema.js';
export { ddlOf } from './sql/ddl.js';
export { column, type ColumnRef } from './sql/column-ref.js';
export {
  all,
  and,
  at,
  between,
  contains,
  endsWith,
  eq,
  gt,
  gte,
  has,
  hasAll,
  hasAny,
  ilike,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  ne,
  noneOf,
  not,
  oneOf,
  or,
  startsWith,
  type Condition,
  type Operator,
  type Where,
} from './sql/operator.js';
export {
  argMax,
  argMin,
  avg,
  collect,
  count,
  countDistinct,
  first,
  grouping,
  last,
  max,
  median,
  min,
  quantile,
  stddev,
  sum,
  type Aggregate,
  type Grouping,
} from './sql/aggregate-functions.js';
export type { AggregateOptions, AggregateRow, FillOptions } from './sql/aggregate-types.js';
export {
  datePart,
  timeBucket,
  type BucketWidth,
  type DatePart,
  type DatePartName,
  type TimeBucket,
} from './sql/group-key.js';
export type { AsOfOptions, AsOfRow } from './sql/as-of.js';
export type { LatestOptions } from './sql/latest.js';
export type { WindowOptions, WindowRow } from './sql/window.js';
export {
  denseRank,
  firstValue,
  lag,
  lastValue,
  lead,
  movingAvg,
  movingMax,
  movingMin,
  movingSum,
  percentRank,
  rank,
  rowNumber,
  runningSum,
  type WindowItem,
} from './sql/window-functions.js';
export type { Direction, FindOptions, NoInclude, OrderBy } from './sql/select.js';
export {
  many,
  one,
  type Include,
  type ManyOptions,
  type OneOptions,
  type Relation,
  type RowOf,
} from './sql/relation.js';
export type { FindPageOptions } from './sql/page.js';
export type { DistinctOptions } from './sql/distinct.js';
export type { SampleOptions, SampleSize } from './sql/sample.js';
export type { SummarizeOptions } from './sql/summary.js';
export type { Explanation } from './sql/explanation.js';
export type { Mode, OnLocked } from './engine/database.js';
export type { BackupOptions } from './engine/backup.js';
export type { TransactionOptions } from './engine/transaction.js';
export { afterCommit } from './engine/after-commit.js';
export type { SchemaMode } from './schema/apply.js';
export type { Cache, CacheStats, Invalidation, LoadCall } from './cache/cache.js';
export type { CacheEntryOptions } from './cache/terms.js';
export type { CacheExplanation } from './cache/explanation.js';
export type { CacheDataOptions } from './cache/data-cache.js';
export type { CacheOptions } from './cache/shared-cache.js';
export { Cached, type CachedOptions } from './cache/cached.js';
export { CacheInvalidate, type CacheInvalidateOptions } from './cache/cache-invalidate.js';
export { keyvStore, type KeyvStore, type KeyvStoreOptions } from './cache/keyv-store.js';
export { toJsonSerializable } from './json-serializable.js';
export {
  Repository,
  type InsertManyOptions,
  type RepositoryClass,
  type RepositoryOwner,
  type RowClass,
  type Rows,
  type UpsertOptions,
  type WriteOptions,
} from './repository.js';
export { csvFile, jsonFile, parquet, type CsvOptions, type FileFormat, type FileSource } from './entity/file-source.js';
export type { ExportOptions } from './files/file-target.js';
export type { ImportOptions } from './files/import.js';
export type { ExportRowsOptions, Id } from './reads.js';
export type { Page } from './reading/page.js';
export type { ColumnSummary } from './reading/summarize.js';
export type { ExplainOptions } from './reading/explain.js';
export type { ReadOptions } from './reading/reader.js';
export type { RowStream } from './row-stream.js';
export { pathFromEnv, type Clock, type ManagerOptions } from './options.js';
export type { DatabaseSnapshot, RestoreOptions } from './database-snapshot.js';
export { BaseDuckDBManager, type Health } from './manager.js';
export { Transactional, type TransactionalOptions } from './transactional.js';
export { closeOnSignals, type CloseOnSignalsOptions } from './close-on-signals.js';
export { InjectRepository, managerToken, repositoryToken } from './inject.js';
