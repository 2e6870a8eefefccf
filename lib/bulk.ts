// Many rows of one entity into its table, all or nothing, by the appender: straight in, or over a stage where a key may
// exist already. Not here: what a row is (row-encoder.ts), the appender itself (engine/append.ts).
import { setImmediate as turn } from 'node:timers/promises';
import { BIGINT, INTEGER, type DuckDBValue } from '@duckdb/node-api';
import type { Engine } from './engine/engine.js';
import { CHUNK_ROWS, type LoadTarget } from './engine/append.js';
import { Misfit } from './entity/misfit.js';
import type { Column, EntitySchema } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import { within, type Limit } from './limit.js';
import { FROM_DATABASE, type RowEncoder } from './row-encoder.js';
import {
  columnOrderStatement,
  createStageStatement,
  defaultValuesStatement,
  dropStageStatement,
  exactAs,
  insertStagedStatement,
  stageColumns,
  type OnConflict,
  type StagedPart,
} from './sql/write.js';
import { inWordsOf } from './write-error.js';

/** Rows from anywhere. */
export type RowSource = Iterable<unknown> | AsyncIterable<unknown>;

export interface BulkOptions {
  /** called after each chunk with the rows read so far; an async one is waited for, and its error fails the whole */
  readonly onProgress?: ((rows: number) => unknown) | undefined;
}

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
  const load = async (): Promise<number> => {
    const { names } = await engine.run(columnOrderStatement(entity), limit);
    const order = physicalOrder(names, entity, encoder.columns);
    // whatever stops the transaction around stops the wait for a row, too
    const chunks = new ChunkEncoder(engine, entity, encoder, options, engine.transaction?.work);
    if (onConflict.action === 'error' && order !== undefined)
      return engine.load(target(entity, order), chunks.of(rows, order));
    const { columns } = encoder;
    const stage = `mysingle_stage_${(stages += 1)}`;
    await engine.run(createStageStatement(stage, entity, columns), limit);
    const staged: LoadTarget = {
      schema: undefined,
      table: stage,
      temporary: true,
      columns: stageColumns(columns),
      types: [...columns.map((column) => column.type.duckdb), INTEGER, BIGINT],
      writes: [],
    };
    await engine.load(staged, chunks.of(rows, columns, true));
    let written = 0;
    for (const [shape, conflict, part] of steps(entity, onConflict, chunks.shapes)) {
      const { rowsChanged } = await engine.run(
        insertStagedStatement(stage, entity, columns, shape, conflict, part),
        limit,
      );
      written += rowsChanged;
    }
    await engine.run(dropStageStatement(stage), limit);
    return written;
  };
  return inWordsOf(entity, () => engine.transact(load, {}, limit), onConflict.action === 'update' ? onConflict.on : []);
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
    types: order.map((column) => column.type.duckdb),
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

class ChunkEncoder {
  /** the different sets of columns that rows set, by the number they are staged with */
  readonly shapes: ReadonlySet<Column>[] = [];
  readonly #shapeNumbers = new Map<string, number>();

  constructor(
    private readonly engine: Engine,
    private readonly entity: EntitySchema,
    private readonly encoder: RowEncoder,
    private readonly options: BulkOptions,
    private readonly limit: Limit | undefined,
  ) {}

  /** Chunks of the rows with their columns in `order`; where `staged`, the number of their shape and their place behind. */
  async *of(rows: RowSource, order: readonly Column[], staged = false): AsyncGenerator<DuckDBValue[][]> {
    const positions = order.map((column) => this.encoder.columns.indexOf(column));
    let columns = emptyChunk(order, staged);
    let position = 0;
    for await (const row of this.#within(iterable(rows))) {
      const { values, given } = this.encoder.row(row, position);
      for (const [index, from] of positions.entries()) columns[index]?.push(values[from] as DuckDBValue);
      if (staged) {
        columns[order.length]?.push(this.#shape(given));
        columns[order.length + 1]?.push(BigInt(position));
      }
      position += 1;
      if (position % CHUNK_ROWS === 0) {
        yield await this.#filled(columns, order);
        columns = emptyChunk(order, staged);
        await this.#told(position);
        // rows that are all there would keep everything else of the process waiting, timers and signals too
        await turn();
        this.limit?.refuse();
      }
    }
    this.limit?.refuse();
    if (position % CHUNK_ROWS !== 0) {
      yield await this.#filled(columns, order);
      await this.#told(position);
    }
  }

  /** An async one may fail later, which nobody else would hear of. */
  async #told(position: number): Promise<void> {
    const telling: unknown = this.options.onProgress?.(position);
    if (telling instanceof Promise) await within(this.limit, telling);
  }

  /** A source that may hang is left where the limit stops. */
  #within(rows: RowSource): RowSource {
    return this.limit !== undefined && Symbol.asyncIterator in rows ? this.limit.items(rows) : rows;
  }

  #shape(given: ReadonlySet<Column>): number {
    const key = this.encoder.columns.map((column) => (given.has(column) ? '1' : '0')).join('');
    let number = this.#shapeNumbers.get(key);
    if (number === undefined) {
      number = this.shapes.push(given) - 1;
      this.#shapeNumbers.set(key, number);
    }
    return number;
  }

  /** Puts in what only the database can make: numbers of sequences, defaults written in SQL. */
  async #filled(columns: DuckDBValue[][], order: readonly Column[]): Promise<DuckDBValue[][]> {
    for (const [index, column] of order.entries()) {
      const values = columns[index] as (DuckDBValue | typeof FROM_DATABASE)[];
      const holes = values.flatMap((value, row) => (value === FROM_DATABASE ? row : []));
      if (holes.length === 0) continue;
      const { columns: made } = await this.engine.run(defaultValuesStatement(this.entity, column, holes.length));
      for (const [at, row] of holes.entries()) {
        const value = made[0]?.[at] ?? null;
        values[row] = value === null ? null : this.#encodeDefault(column, value);
      }
    }
    return columns;
  }

  #encodeDefault(column: Column, value: unknown): DuckDBValue {
    try {
      return column.type.encode(value, exactAs(column));
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      const { className, table } = this.entity;
      throw new DatabaseError(
        'E_CONVERSION',
        `${className}.${column.property} (${column.type.name}): the default that the database made ${error.message}. Give the value in the row, or insert row by row.`,
        { cause: error, details: { entity: className, table, property: column.property, columns: [column.name] } },
      );
    }
  }
}

const emptyChunk = (order: readonly Column[], staged: boolean): DuckDBValue[][] =>
  Array.from({ length: order.length + (staged ? 2 : 0) }, () => []);

function iterable(rows: RowSource): RowSource {
  const given: unknown = rows;
  const fits =
    typeof given === 'object' && given !== null && (Symbol.iterator in given || Symbol.asyncIterator in given);
  if (!fits)
    throw new DatabaseError(
      'E_VALIDATION',
      'insertMany and upsert take rows: an array, an iterable or an async iterable of objects.',
    );
  return rows;
}
