// One open database: a DuckDB instance of its own with the file attached, its sessions, its clock. Not here: who shares it
// (registry.ts), running statements (engine.ts).
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../entity/identifier.js';
import { DatabaseError, classify, isDatabaseError } from '../errors.js';
import type { Log } from '../log.js';
import { ALIAS } from './alias.js';
import { TableClock } from './clock.js';
import { MEMORY } from './path.js';
import { Pool } from './pool.js';
import { SchemaVersion, Session } from './session.js';

/** What to do when another process holds the file. */
export type OnLocked = 'fallback' | 'memory' | 'wait' | 'error';

/** Where the data is now. */
export type Mode = 'file' | 'memory' | 'fallback' | 'readonly';

export interface DatabaseOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly onLocked: OnLocked;
  readonly lockTimeoutMs: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly poolSize: number;
  readonly acquireTimeoutMs: number;
  readonly log: Log;
}

const LOCK_POLL_MS = 50;

export class Database {
  readonly clock = new TableClock();
  readonly #schema = new SchemaVersion();
  readonly pool: Pool;
  /** run when the last manager has let go and no session is left, before the instance is closed */
  readonly beforeClose: (() => Promise<void>)[] = [];

  private constructor(
    private readonly instance: DuckDBInstance,
    readonly mode: Mode,
    options: DatabaseOptions,
  ) {
    this.pool = new Pool(
      options.poolSize,
      options.acquireTimeoutMs,
      async () => new Session(await this.connect(), this.#schema),
    );
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    const instance = await createInstance(options);
    try {
      const mode = await attach(instance, options);
      return new Database(instance, mode, options);
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  /** A new connection that sees the attached database. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.instance.connect();
    await connection.run(`USE ${ALIAS}`);
    return connection;
  }

  /** Statements prepared before a schema change made elsewhere are not used again. */
  schemaChanged(): void {
    this.#schema.value += 1;
  }

  async close(): Promise<void> {
    await this.pool.close();
    // when nothing can be written any more
    for (const hook of this.beforeClose.splice(0)) await hook();
    this.instance.closeSync();
  }
}

async function createInstance(options: DatabaseOptions): Promise<DuckDBInstance> {
  const spill =
    options.path === MEMORY ? join(tmpdir(), `mysingle-database-${process.pid}.tmp`) : `${options.path}.tmp`;
  let instance: DuckDBInstance;
  try {
    instance = await DuckDBInstance.create(MEMORY, {
      temp_directory: spill,
      // nothing is ever fetched from the network unless the settings ask for it
      autoinstall_known_extensions: 'false',
      ...options.settings,
      errors_as_json: 'true',
    });
  } catch (error) {
    const cause = classify(error);
    const names = Object.keys(options.settings).join(', ');
    throw names === ''
      ? cause
      : new DatabaseError('E_CONFIG', `settings (${names}): ${cause.message}`, { cause: error });
  }
  const connection = await instance.connect();
  try {
    // times without a zone mean UTC, whatever the machine's zone
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
  } finally {
    connection.closeSync();
  }
  return instance;
}

async function attach(instance: DuckDBInstance, options: DatabaseOptions): Promise<Mode> {
  const connection = await instance.connect();
  const attachAs = (path: string, ...more: string[]): Promise<unknown> =>
    // the type is said, for DuckDB would look into the file and ask for an extension where it is another program's
    connection
      .run(`ATTACH ${quoteLiteral(path)} AS ${ALIAS} (${['TYPE duckdb', ...more].join(', ')})`)
      .catch((error: unknown) => {
        throw classify(error, { path });
      });
  try {
    if (options.path === MEMORY) {
      await attachAs(MEMORY);
      return 'memory';
    }
    const deadline = Date.now() + options.lockTimeoutMs;
    for (let announced = false; ; announced = true) {
      try {
        await attachAs(options.path, ...(options.readOnly ? ['READ_ONLY'] : []));
        return options.readOnly ? 'readonly' : 'file';
      } catch (error) {
        if (!isDatabaseError(error, 'E_LOCKED') || options.onLocked === 'error') throw error;
        if (options.onLocked !== 'wait') {
          options.log('fallingBack', {
            reason: 'file_locked',
            original_db_path: options.path,
            pid: error.details['pid'],
          });
          await attachAs(MEMORY);
          return 'memory';
        }
        if (Date.now() >= deadline) throw stillLocked(error, options.lockTimeoutMs);
        if (!announced) options.log('waitingForLock', { db_path: options.path, pid: error.details['pid'] });
      }
      await sleep(LOCK_POLL_MS);
    }
  } finally {
    connection.closeSync();
  }
}

function stillLocked(error: DatabaseError, waitedMs: number): DatabaseError {
  return new DatabaseError('E_LOCKED', `After ${waitedMs} ms of waiting: ${error.message}`, {
    cause: error,
    details: { ...error.details, waitedMs },
  });
}
