// The tier behind memory: one value read out of the table of the cache, and many written to it behind the callers' backs, beside the
// bare binding on a file of its own. Not here: what memory has (cache-hits.ts).
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIGINT, DuckDBInstance, DuckDBListValue, DuckDBTimestampTZValue, LIST, TIMESTAMPTZ, VARCHAR, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api'; // prettier-ignore
import type { BaseDuckDBManager } from '@mysingle/database';
import { countOf } from './binding.js';
import { CLOSES, closesOf, listOf, quotesIn } from './cached-quotes.js';
import { expectCount, interleaved, type Samples } from './harness.js';

export const [TIER_HIT, PREPARED] = ['getOrLoad, out of the table', 'prepared statement'] as const;
export const [BEHIND, ONE_BY_ONE] = ['set and flush', 'a statement for each'] as const;
const [READS, KEYS] = [20, ['list 1', 'list 2']] as const;
const HOUR = '1h';

/** A file of the binding's own, as the library has its own: attached to an instance in memory. */
async function attached(path: string): Promise<{ connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`ATTACH '${path}' AS bare`);
  await connection.run('USE bare');
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  return { connection, close };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mysingle-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const first = async (connection: DuckDBConnection, sql: string): Promise<unknown> =>
  (await (await connection.run(sql)).getRowsJS())[0]?.[0];

/** The text of the list as the table has it. */
export async function textOf(db: BaseDuckDBManager): Promise<string> {
  await db.cache.set('text', await listOf(db), { ttl: HOUR });
  await db.cache.flush();
  const sql = "SELECT value FROM mysingle_cache WHERE key = 'text'";
  return (await db.withConnection((raw) => first(raw, sql), { writes: [] })) as string;
}

/** Memory has room for one of two values, so that each call finds the other one there. */
export function tierHits(): Promise<Samples> {
  return inFolder(async (folder) => {
    const [path, copy] = [join(folder, 'ours.duckdb'), join(folder, 'bare.duckdb')];
    const filled = await quotesIn(path);
    for (const key of KEYS) await filled.cache.set(key, await listOf(filled), { ttl: HOUR });
    const { length } = await textOf(filled);
    await filled.close();
    copyFileSync(path, copy);
    const [db, bare] = [await quotesIn(path, { maxEntries: 1 }), await attached(copy)];
    const select = await bare.connection.prepare('SELECT value FROM mysingle_cache WHERE key = $1');
    const load = async (): Promise<never> => {
      throw new Error('it was not in the table');
    };
    try {
      const samples = await interleaved(
        {
          [TIER_HIT]: {
            calls: READS,
            prepare: () => db.cache.stats().tierHits,
            run: async () => {
              for (let n = 0; n < READS; n += 1) {
                const rows = await db.cache.getOrLoad(KEYS[n % 2] as string, { ttl: HOUR }, load);
                if (closesOf(rows) !== CLOSES) throw new Error('not the list');
              }
            },
            finish: (_result, before: number) =>
              expectCount('answers of the table', db.cache.stats().tierHits - before, READS),
          },
          [PREPARED]: {
            calls: READS,
            run: async () => {
              let characters = 0;
              for (let n = 0; n < READS; n += 1) {
                select.bind([KEYS[n % 2] as string], [VARCHAR]);
                const [row] = await (await select.run()).getRowObjectsJS();
                characters += (row?.['value'] as string | undefined)?.length ?? 0;
              }
              return characters;
            },
            finish: (characters) => expectCount('characters', characters, length * READS),
          },
        },
        { rounds: 40, warm: 5, budgetMs: 3_000 },
      );
      return samples;
    } finally {
      bare.close();
      await db.close();
    }
  });
}

// The row as the library writes it.
const COLUMNS = {
  key: 'VARCHAR PRIMARY KEY',
  value: 'VARCHAR NOT NULL',
  tags: 'VARCHAR[] NOT NULL',
  tables: 'VARCHAR[] NOT NULL',
  session: 'VARCHAR NOT NULL',
  tick: 'BIGINT NOT NULL',
  bytes: 'BIGINT NOT NULL',
  hits: 'BIGINT NOT NULL',
  created_at: 'TIMESTAMP WITH TIME ZONE NOT NULL',
  expires_at: 'TIMESTAMP WITH TIME ZONE NOT NULL',
  grace_until: 'TIMESTAMP WITH TIME ZONE NOT NULL',
} as const;
const NAMES = Object.keys(COLUMNS);
const DDL = `CREATE TABLE mysingle_cache (${Object.entries(COLUMNS).map((column) => column.join(' ')).join(', ')})`; // prettier-ignore
const TYPES = [VARCHAR, VARCHAR, LIST(VARCHAR), LIST(VARCHAR), VARCHAR, BIGINT, BIGINT, BIGINT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ]; // prettier-ignore
const UPSERT = `INSERT INTO mysingle_cache VALUES (${NAMES.map((_name, index) => `$${index + 1}`).join(', ')}) ON CONFLICT (key) DO UPDATE SET ${NAMES.slice(1).map((name) => `${name} = excluded.${name}`).join(', ')}`; // prettier-ignore

const SESSION = '00000000-0000-4000-8000-000000000000';

function rowOf(key: string, text: string): DuckDBValue[] {
  const none = new DuckDBListValue([]);
  const now = new DuckDBTimestampTZValue(BigInt(Date.now()) * 1000n);
  return [key, text, none, none, SESSION, 1n, BigInt(Buffer.byteLength(text)), 0n, now, now, now];
}

/** The one of which fewer are enough: each waits for the disk, whatever came before. */
const ALONE = 500;

/**
 * `count` values to a new file, under keys of their own: of two under one key the library would write the later one alone. The time
 * is of one value.
 *
 * @param flushEvery what may wait for the table is bounded, and beyond it the library drops values: one that has to keep all of them
 *   waits now and then
 */
export function writes(count: number, text: string, flushEvery: number): Promise<Samples> {
  const keyOf = (n: number): string => `key ${n}`;
  return inFolder((folder) => {
    let file = 0;
    const next = (): string => join(folder, `${(file += 1)}.duckdb`);
    return interleaved(
      {
        [BEHIND]: {
          calls: count,
          prepare: () => quotesIn(next()),
          run: async (db: BaseDuckDBManager) => {
            for (let n = 0; n < count; n += 1) {
              await db.cache.set(keyOf(n), text, { ttl: HOUR });
              if (n % flushEvery === flushEvery - 1) await db.cache.flush();
            }
            await db.cache.flush();
          },
          finish: async (_result, db: BaseDuckDBManager) => {
            const sql = `SELECT count(*)::INTEGER FROM mysingle_cache WHERE length(value) >= ${text.length}`;
            expectCount(
              'values in the table',
              await db.withConnection((raw) => first(raw, sql), { writes: [] }),
              count,
            );
            await db.close();
          },
        },
        [ONE_BY_ONE]: {
          calls: ALONE,
          prepare: async () => {
            const bare = await attached(next());
            await bare.connection.run(DDL);
            return { ...bare, upsert: await bare.connection.prepare(UPSERT) };
          },
          run: async ({ upsert }) => {
            for (let n = 0; n < ALONE; n += 1) {
              upsert.bind(rowOf(keyOf(n), text), TYPES);
              await upsert.run();
            }
          },
          finish: async (_result, { connection, close }) => {
            expectCount('values in the table', await countOf(connection, 'mysingle_cache'), ALONE);
            close();
          },
        },
      },
      { rounds: 5, warm: 1, budgetMs: 4_000 },
    );
  });
}
