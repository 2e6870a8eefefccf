// Every way to write rows of an entity and every way to read them, as a user has them. Not here: which values (arbitraries.ts).
import * as fc from 'fast-check';
import {
  Column,
  Table,
  all,
  sql,
  Repository,
  type BaseDuckDBManager,
  type ColumnType,
  type EntityClass,
} from '@mysingle/database';
import { nameOf, type Pair, type TypeCase } from './arbitraries.js';
import { difference, equalityKey, shown } from './exact.js';

/** A row: a value for each type, and whether its nullable twin is NULL. */
export interface WideRow {
  readonly cells: readonly (readonly [pair: Pair, absent: boolean])[];
}

/** Rows with a value of each type; every fifth nullable twin is NULL. */
export function wideRows(cases: readonly TypeCase[], most: number): fc.Arbitrary<WideRow[]> {
  const absent = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
  const cells = fc.tuple(...cases.map(({ pairs }) => fc.tuple(pairs, absent)));
  return fc.array(
    cells.map((each) => ({ cells: each })),
    { minLength: 1, maxLength: most, size: 'max' },
  );
}

type Plain = { id: number } & Record<string, unknown>;

/** An entity with a NOT NULL column and a nullable twin of each type: `v0, n0, v1, n1, ...`. */
export function wideEntity(cases: readonly TypeCase[], name = 'Wide'): EntityClass<Plain> {
  const Wide = { [name]: class implements Plain { id!: number; [property: string]: unknown } }[name] as EntityClass<Plain>; // prettier-ignore
  const prototype = Wide.prototype as { id: number };
  Column('integer', { primaryKey: true })(prototype, 'id');
  for (const [index, { type, as }] of cases.entries()) {
    const options = as === undefined ? {} : { as };
    Column(type as 'varchar', options as never)(prototype as never, `v${index}` as never);
    Column(type as 'varchar', { ...options, nullable: true } as never)(prototype as never, `n${index}` as never);
  }
  Table(name.toLowerCase())(Wide);
  return Wide;
}

/** The rows as they are given to the repository, and as they must come back. */
function plain(rows: readonly WideRow[], side: 'given' | 'stored'): Plain[] {
  return rows.map(({ cells }, id) => {
    const row: Plain = { id };
    for (const [index, [pair, absent]] of cells.entries()) {
      row[`v${index}`] = pair[side];
      row[`n${index}`] = absent ? null : pair[side];
    }
    return row;
  });
}

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

function* lazily<T>(items: readonly T[]): Generator<T> {
  yield* items;
}

const columnsOf = (rows: readonly Plain[]): Record<string, unknown[]> =>
  Object.fromEntries(Object.keys(rows[0] ?? {}).map((key) => [key, rows.map((row) => row[key])]));

/**
 * What stands there before it is written over: the rows in another order. Not a 0 below a -0, or the other way round: DuckDB's
 * UPDATE leaves a value that is equal to the new one as it is, sign and all, which nothing about the statement can change.
 */
function before(rows: readonly WideRow[]): readonly WideRow[] {
  const one: Pair = { given: 1, stored: 1 };
  return rows.map(({ cells }, row) => ({
    cells: (rows[(row + 1) % rows.length] as WideRow).cells.map(([pair, absent], index) =>
      isOtherZero(pair.stored, cells[index]?.[0].stored) ? [one, absent] : [pair, absent],
    ),
  }));
}

const isOtherZero = (one: unknown, other: unknown): boolean => one === 0 && other === 0 && !Object.is(one, other);

/** Writes the rows in every way there is, and after each compares what is there; throws at the first difference. */
export class EveryWay {
  readonly #rows: Repository<Plain>;

  constructor(
    private readonly db: BaseDuckDBManager,
    entity: EntityClass<Plain>,
    private readonly cases: readonly TypeCase[],
  ) {
    this.#rows = db.repository(entity);
  }

  /**
   * @param many the ways that go by the appender alone: for values that a parameter cannot carry
   */
  async check(rows: readonly WideRow[], many = false): Promise<void> {
    const given = plain(rows, 'given') as never[];
    const stored = plain(rows, 'stored');
    const other = plain(before(rows), 'given') as never[];
    const half = given.slice(0, Math.ceil(given.length / 2));
    const repository = this.#rows;
    const start = async (first: readonly never[] = []): Promise<void> => {
      await repository.delete(all());
      if (first.length > 0) await repository.insertMany(first);
    };
    const over = async (way: string, first: readonly never[], write: () => Promise<unknown>): Promise<void> => {
      try {
        await start(first);
        await write();
      } catch (error) {
        throw new Error(`${way}: ${(error as Error).message}`, { cause: error });
      }
      this.#compare(way, await repository.find({ orderBy: { id: 'asc' } }), stored);
    };

    await over('insertMany of an array', [], () => repository.insertMany(given));
    await this.#readInEveryWay('insertMany of an array', rows, stored);
    await over('insertMany of an iterable', [], () => repository.insertMany(lazily(given)));
    await over('insertMany of an async iterable', [], () => repository.insertMany(later(given)));
    await over('insertMany of columns', [], () => repository.insertMany(columnsOf(given) as never));
    await over('insertMany that ignores', half, () => repository.insertMany(given, { onConflict: 'ignore' }));
    await over('insertMany that updates', other, () => repository.insertMany(given, { onConflict: 'update' }));
    await over('upsert of many', other.slice(0, half.length), () => repository.upsert(given));
    if (many) return;
    await over('insert', [], async () => {
      const back: unknown[] = [];
      for (const row of given) back.push(await repository.insert(row));
      this.#compare('what insert gives back', back, stored);
    });
    await over('upsert of one', other.slice(0, half.length), async () => {
      for (const row of given) await repository.upsert(row);
    });
    await over('update', other, async () => {
      for (const { id, ...patch } of plain(rows, 'given')) await repository.update({ id }, patch);
    });
    await this.#readInEveryWay('update', rows, stored);
  }

  async #readInEveryWay(way: string, rows: readonly WideRow[], stored: readonly Plain[]): Promise<void> {
    const repository = this.#rows;
    const orderBy = { id: 'asc' } as const;
    const [middle] = stored.slice(Math.floor(stored.length / 2));
    if (middle !== undefined) this.#compare(`${way}, findById`, [await repository.findById(middle.id)], [middle]);
    const streamed: unknown[] = [];
    for await (const row of repository.stream({ orderBy })) streamed.push(row);
    this.#compare(`${way}, stream`, streamed, stored);
    await this.#readRaw(way, stored);
    await this.#readColumns(way, stored);
    await this.#readWhere(way, rows, stored);
  }

  /** Raw SQL decodes by the type of the result: the way of the property without `as`. */
  async #readRaw(way: string, stored: readonly Plain[]): Promise<void> {
    const plainTypes = this.cases.flatMap(({ as }, index) => (as === undefined ? [`v${index}`, `n${index}`] : []));
    const names = ['id', ...plainTypes];
    const text = names.map((name) => `"${name}"`).join(', ');
    const { name } = this.#rows.entity as unknown as { name: string };
    const rows = await this.db.query(sql`select ${sql.raw(text)} from ${sql.raw(name.toLowerCase())} order by id`);
    const wanted = stored.map((row) => Object.fromEntries(names.map((each) => [each, row[each]])));
    this.#compare(`${way}, query`, rows, wanted);
  }

  /** Typed arrays for numbers that are never NULL, arrays for all else; in chunks, too. */
  async #readColumns(way: string, stored: readonly Plain[]): Promise<void> {
    type Columns = Record<string, ArrayLike<unknown>>;
    const repository = this.#rows as unknown as {
      findColumns(options: object): Promise<Columns>;
      streamColumns(options: object): AsyncIterable<Columns>;
    };
    const names = Object.keys(stored[0] ?? { id: 0 });
    const options = { select: names, orderBy: { id: 'asc' } };
    const columns = await repository.findColumns(options);
    this.#compare(`${way}, findColumns`, rowsOf(columns, names), stored);
    for (const [index, { type, as, name }] of this.cases.entries()) {
      const column = columns[`v${index}`];
      const wanted = as === undefined ? TYPED[nameOf(type)] : undefined;
      const fits =
        wanted === undefined ? Array.isArray(column) || as !== undefined || isNumeric(type) : column instanceof wanted;
      if (!fits) throw new Error(`${way}, findColumns: ${name} comes as ${Object.prototype.toString.call(column)}`);
      if (!Array.isArray(columns[`n${index}`])) throw new Error(`${way}, findColumns: ${name}, nullable, is no array`);
    }
    const chunks: unknown[] = [];
    for await (const chunk of repository.streamColumns(options)) chunks.push(...rowsOf(chunk, names));
    this.#compare(`${way}, streamColumns`, chunks, stored);
  }

  /** A condition with the value finds its row, and rows of an equal value alone. */
  async #readWhere(way: string, rows: readonly WideRow[], stored: readonly Plain[]): Promise<void> {
    for (const [index, { where, name }] of this.cases.entries()) {
      const id = rows.length === 0 ? -1 : index % rows.length;
      const given = rows[id]?.cells[index]?.[0].given;
      if (where === 'refused' || where === 'unknown' || id < 0) continue;
      const property = `v${index}`;
      const condition = { [property]: given } as never;
      const found = (await this.#rows.find({ where: condition, select: ['id'], orderBy: { id: 'asc' } })).map(
        (row) => row.id,
      );
      const key = equalityKey(stored[id]?.[property]);
      const equal = stored.filter((row) => equalityKey(row[property]) === key).map((row) => row.id);
      const right = where === 'exact' ? difference(found, equal) === undefined : found.includes(id);
      if (!right)
        throw new Error(`${way}, where ${name} is ${shown(given)}: rows ${shown(found)} instead of ${shown(equal)}`);
      const one = await this.#rows.findOne({ where: { id, ...(condition as object) } as never });
      this.#compare(`${way}, findOne by ${name}`, [one], [stored[id]]);
    }
  }

  #compare(way: string, actual: readonly unknown[], wanted: readonly (object | undefined)[]): void {
    if (actual.length !== wanted.length) throw new Error(`${way}: ${actual.length} rows, not ${wanted.length}`);
    for (const [row, expected] of wanted.entries()) {
      const object = actual[row] as Plain | null;
      const found = difference({ ...object }, { ...expected });
      if (found === undefined) continue;
      const property = Object.keys(expected ?? {}).find(
        (key) => difference(object?.[key], (expected as Plain)[key]) !== undefined,
      );
      const name = this.cases[Number(property?.slice(1))]?.name ?? 'id';
      throw new Error(`${way}, row ${row}, ${property} (${name}): ${found}`);
    }
  }
}

const TYPED: Readonly<Record<string, new (length: number) => ArrayLike<unknown>>> = {
  double: Float64Array,
  bigint: BigInt64Array,
};

/** Types whose columns may come as a typed array of some kind. */
const isNumeric = (type: ColumnType): boolean => /^(?:u?(?:tiny|small|big|huge)?int(?:eger)?|float|double)$/.test(nameOf(type)); // prettier-ignore

const rowsOf = (columns: Record<string, ArrayLike<unknown>>, names: readonly string[]): Record<string, unknown>[] =>
  Array.from({ length: columns['id']?.length ?? 0 }, (_row, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name]?.[row]])),
  );
