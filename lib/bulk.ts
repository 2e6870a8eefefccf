// Many rows of one entity into its table, all or nothing, by the appender: straight in, or over a stage where a key may
// exist already. Not here: chunks of rows (chunk-encoder.ts), the appender itself (engine/append.ts).
import { ChunkEncoder, type BulkOptions } from './chunk-encoder.js';
import type { Engine } from './engine/engine.js';
import type { LoadTarget } from './engine/append.js';
import type { Column, EntitySchema } from './entity/schema.js';
import { areFew, insertFew } from './few-rows.js';
import type { Limit } from './limit.js';
import type { RowEncoder } from './row-encoder.js';
import type { RowSource } from './row-source.js';
import {
  columnOrderStatement,
  createStageStatement,
  dropStageStatement,
  insertStagedStatement,
  stageColumns,
  stagedTwiceStatement,
  type OnConflict,
  type StagedPart,
} from './sql/write.js';
import { inWordsOf } from './write-error.js';

let stages = 0;

/** @returns rows inserted, or inserted and updated */
export async function insertBulk(
  engine: Engine,
  entity: EntitySchema,
  encoder: RowEncoder,
  rows: RowSource,
  onConflict: OnConflict,
  options: BulkOptions,
  limit?: Limit,
): Promise<number> {
  const few = async (): Promise<number | undefined> => {
    // whoever is told may fail the whole, which is still open by then
    if (onConflict.action !== 'error' || options.onProgress !== undefined || !areFew(rows, encoder, engine))
      return undefined;
    const insert = (): Promise<number | undefined> => insertFew(engine, encoder, rows, limit);
    // in a transaction it fails the whole where it fails, as more rows do
    return engine.transaction === undefined ? insert() : engine.transact(insert, {}, limit);
  };
  const load = async (): Promise<number> => {
    const { names } = await engine.run(columnOrderStatement(entity), limit);
    const order = physicalOrder(names, entity, encoder.columns);
    // whatever stops the transaction around stops the wait for a row, too
    const whole = engine.transaction?.work;
    if (onConflict.action === 'error' && order !== undefined) {
      const chunks = new ChunkEncoder(engine, encoder, order, false, options, whole);
      return engine.load(target(entity, order), chunks.of(rows));
    }
    const { columns } = encoder;
    const stage = await createStage(engine, entity, columns, limit);
    const staged: LoadTarget = {
      schema: undefined,
      table: stage,
      temporary: true,
      columns: stageColumns(columns),
      writes: [],
    };
    const chunks = new ChunkEncoder(engine, encoder, columns, true, options, whole);
    await engine.load(staged, chunks.of(rows));
    return mergeStage(engine, entity, stage, columns, onConflict, chunks.shapes, limit);
  };
  return inWordsOf(
    entity,
    async () => (await few()) ?? engine.transact(load, {}, limit),
    onConflict.action === 'update' ? onConflict.on : [],
  );
}

/** A new stage for rows of the entity, to be filled within the transaction. Gives its name. */
export async function createStage(
  engine: Engine,
  entity: EntitySchema,
  columns: readonly Column[],
  limit: Limit | undefined,
): Promise<string> {
  const stage = `mysingle_stage_${(stages += 1)}`;
  await engine.run(createStageStatement(stage, entity, columns), limit);
  return stage;
}

/**
 * Brings the rows of a stage into the table, and drops it.
 *
 * @param shapes the columns that rows of each number set
 * @returns rows inserted, or inserted and updated
 */
export async function mergeStage(
  engine: Engine,
  entity: EntitySchema,
  stage: string,
  columns: readonly Column[],
  onConflict: OnConflict,
  shapes: readonly ReadonlySet<Column>[],
  limit: Limit | undefined,
): Promise<number> {
  const twice =
    onConflict.action === 'update' &&
    (await engine.run(stagedTwiceStatement(stage, onConflict.on), limit)).rowCount > 0;
  let written = 0;
  for (const [shape, conflict, part] of steps(entity, onConflict, shapes)) {
    const { rowsChanged } = await engine.run(
      insertStagedStatement(stage, entity, columns, shape, conflict, part, twice),
      limit,
    );
    written += rowsChanged;
  }
  await engine.run(dropStageStatement(stage), limit);
  return written;
}

type Step = readonly [shape: number, conflict: OnConflict, part: StagedPart];

/**
 * The statements that bring staged rows in. NULL is nobody's key, yet of several rows with NULL in a key DuckDB's ON CONFLICT
 * keeps but one for each statement, silently: such rows go in by a statement that does not look at that key.
 */
function steps(entity: EntitySchema, conflict: OnConflict, shapes: readonly ReadonlySet<Column>[]): Step[] {
  if (conflict.action === 'update') {
    const { on } = conflict;
    const updates = shapes.map((given, shape): Step => {
      const update = conflict.update.filter((column) => given.has(column));
      return [shape, { ...conflict, update }, { whole: [on], withNull: [] }];
    });
    return on.some(nullable) ? [...updates, [0, { action: 'error' }, { whole: [], withNull: [on] }]] : updates;
  }
  const keys = conflict.action === 'ignore' ? uniqueKeys(entity) : [];
  const open = keys.filter((key) => key.some(nullable));
  return Array.from({ length: 2 ** open.length }, (_each, pattern): Step => {
    const withNull = open.filter((_key, bit) => pattern & (1 << bit));
    const whole = keys.filter((key) => !withNull.includes(key));
    // beside a NULL only one key can be asked about; a conflict with another one is an error then, never a lost row
    const looked: OnConflict = withNull.length === 0 ? conflict : whole[0] === undefined ? { action: 'error' } : { action: 'ignore', on: whole[0] }; // prettier-ignore
    return [0, looked, { whole: whole.filter((key) => open.includes(key)), withNull }];
  });
}

const nullable = (column: Column): boolean => column.nullable;

function uniqueKeys({ primaryKey, columns, indexes }: EntitySchema): (readonly Column[])[] {
  return [
    primaryKey,
    ...columns.filter((column) => column.unique).map((column) => [column]),
    ...indexes.filter((index) => index.unique).map((index) => index.columns),
  ].filter((key) => key.length > 0);
}

function target(entity: EntitySchema, order: readonly Column[]): LoadTarget {
  return {
    schema: entity.schema,
    table: entity.table,
    temporary: false,
    columns: order.map((column) => column.name),
    writes: [entity.id],
  };
}

/** The table's own order of columns; undefined where the table has others than the class, which only a stage can fill. */
function physicalOrder(
  names: readonly string[],
  entity: EntitySchema,
  writable: readonly Column[],
): readonly Column[] | undefined {
  const byName = new Map(entity.columns.map((column) => [column.name.toLowerCase(), column]));
  const columns = names.map((name) => byName.get(name.toLowerCase()));
  if (columns.includes(undefined)) return undefined;
  const order = (columns as Column[]).filter((column) => column.generated === undefined);
  return order.length === writable.length ? order : undefined;
}
