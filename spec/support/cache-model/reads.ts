// Every way to read versions past the cache's own calls: by repositories, SQL, a view, a lent connection. Not here: how they
// are cached (lookups.ts).
import { max, sql, type BaseDuckDBManager } from '@mysingle/database';
import { ModelEvent, entityOf } from './entities.js';
import { ROWS, TABLES, Violation, cellOf, type Reading } from './ledger.js';

export interface Base {
  readonly tables: readonly string[];
  read(db: BaseDuckDBManager, signal?: AbortSignal): Promise<Reading>;
}

interface Row {
  readonly id: number;
  readonly version: number | null;
}

/** @throws Violation where a row is missing: no committed state lacks one */
function readingOf(table: string, rows: readonly (Row | null)[], expected = ROWS): Reading {
  if (rows.length !== expected || rows.includes(null))
    throw new Violation(`${table}: ${rows.length} rows of ${expected} were read`, [table]);
  return { facts: rows.map((row) => [cellOf(table, row?.id ?? 0), row?.version ?? 0] as const) };
}

const whole: Readonly<Record<string, (db: BaseDuckDBManager, table: string, signal?: AbortSignal) => Promise<Row[]>>> =
  {
    find: (db, table, signal) => db.repository(entityOf(table)).find(signal === undefined ? {} : { signal }),
    select: (db, table) => db.repository(entityOf(table)).find({ select: ['version', 'id'], orderBy: { id: 'desc' } }),
    fragment: (db, table) => db.repository(entityOf(table)).find({ where: sql`version + 1 > ${0}` }),
    groups: (db, table) =>
      db.repository(entityOf(table)).aggregate({ groupBy: ['id'], select: { version: max('version') } }),
    sql: (db, table) => db.query<{ id: number; version: number }>(sql`select id, version from ${entityOf(table)}`),
    raw: (db, table) => db.query<{ id: number; version: number }>(RAW[table] as never),
    lent: (db, table) =>
      db.withConnection(
        async (connection) => {
          const rows = await connection.runAndReadAll(`select id, version from ${table}`);
          return rows.getRows().map(([id, version]) => ({ id: id as number, version: version as number }));
        },
        { writes: [] },
      ),
    stream: async (db, table) => {
      const rows: Row[] = [];
      for await (const row of db.repository(entityOf(table)).stream()) rows.push(row);
      return rows;
    },
  };

const RAW: Readonly<Record<string, unknown>> = {
  model_a: sql`select id, version from model_a`,
  model_b: sql`select id, version from model_b`,
  model_c: sql`select id, version from model_c`,
  model_d: sql`select id, version from model_d`,
};

function basesOf(table: string): [string, Base][] {
  const tables = [table];
  const bases = Object.entries(whole).map(([name, read]): [string, Base] => [
    `${name} ${table}`,
    { tables, read: async (db, signal) => readingOf(table, await read(db, table, signal)) },
  ]);
  for (let id = 0; id < ROWS; id += 1) {
    bases.push(
      [
        `id ${table} ${id}`,
        { tables, read: async (db) => readingOf(table, [await db.repository(entityOf(table)).findById(id)], 1) },
      ],
      [
        `one ${table} ${id}`,
        {
          tables,
          read: async (db) => readingOf(table, [await db.repository(entityOf(table)).findOne({ where: { id } })], 1),
        },
      ],
    );
  }
  return bases;
}

const EVENT_TABLES = ['model_events'];

export const BASES: ReadonlyMap<string, Base> = new Map<string, Base>([
  ...TABLES.flatMap(basesOf),
  [
    'view',
    {
      tables: ['model_a', 'model_d'],
      read: async (db) => {
        const rows = await db.query<{ id: number; a: number; d: number }>(sql`select * from model_view`);
        const half = (table: string, name: 'a' | 'd'): Reading =>
          readingOf(
            table,
            rows.map((row) => ({ id: row.id, version: row[name] })),
          );
        return { facts: [...half('model_a', 'a').facts, ...half('model_d', 'd').facts] };
      },
    },
  ],
  [
    'two finds',
    {
      tables: ['model_b', 'model_c'],
      read: async (db) => {
        const [b, c] = await Promise.all(['model_b', 'model_c'].map((table) => db.repository(entityOf(table)).find()));
        return { facts: [...readingOf('model_b', b ?? []).facts, ...readingOf('model_c', c ?? []).facts] };
      },
    },
  ],
  [
    'count',
    { tables: EVENT_TABLES, read: async (db) => ({ facts: [], count: await db.repository(ModelEvent).count() }) },
  ],
  [
    'events',
    {
      tables: EVENT_TABLES,
      read: async (db) => ({
        facts: [],
        events: (await db.repository(ModelEvent).find()).map(({ version }) => version),
      }),
    },
  ],
  [
    'events by sql',
    {
      tables: EVENT_TABLES,
      read: async (db) => ({
        facts: [],
        events: (await db.query<{ version: number }>(sql`select version from model_events`)).map((row) => row.version),
      }),
    },
  ],
]);

export const BASE_NAMES = [...BASES.keys()];
