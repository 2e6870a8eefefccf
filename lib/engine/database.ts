// One open database: a DuckDB instance of its own with the file attached, its sessions, its clock. Not here: who shares it
// (registry.ts), running statements (engine.ts).
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../entity/identifier.js';
import { DatabaseError, classify } from '../errors.js';
import type { Log } from '../log.js';
import { ALIAS } from './alias.js';
import { TableClock } from './clock.js';
import { attachAlone } from './one-instance.js';
import { MEMORY } from './path.js';
import { Pool } from './pool.js';
import { lockDown, ownFiles } from './secure.js';
import { SchemaVersion, Session } from './session.js';
import { refuseForeignLog } from './write-log.js';

/** What to do when another process holds the file. */
export type OnLocked = 'fallback' | 'memory' | 'wait' | 'error';

/** Where the data is now. */
export type Mode = 'file' | 'memory' | 'fallback' | 'readonly';

export interface DatabaseOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly secure: boolean;
  readonly onLocked: OnLocked;
  readonly lockTimeoutMs: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly poolSize: number;
  readonly acquireTimeoutMs: number;
  readonly log: Log;
}

export class Database {
  readonly clock = new TableClock();
  readonly #schema = new SchemaVersion();
  readonly pool: Pool;
  /** run when the last manager has let go and no session is left, before the instance is closed */
  readonly beforeClose: (() => Promise<void>)[] = [];
  #mode: Mode | undefined;
  #attaching: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly options: DatabaseOptions,
  ) {
    this.pool = new Pool(
      options.poolSize,
      options.acquireTimeoutMs,
      async () => new Session(await this.connect(), this.#schema),
    );
  }

  /** Makes the instance; `attach` gives it its database. */
  static async create(options: DatabaseOptions): Promise<Database> {
    return new Database(await createInstance(options), options);
  }

  /**
   * Attaches the file, or an empty database in memory in its place. What is attached stays: who comes later gets that, which
   * `mode` tells.
   *
   * @throws DatabaseError `E_LOCKED` when another process holds the file, after which it may be tried again
   */
  attach(place: 'file' | 'memory'): Promise<Mode> {
    // one at a time: two would attach two databases under one name
    const turn = this.#attaching.then(async () => (this.#mode ??= await this.#attach(place)));
    this.#attaching = turn.catch(() => {});
    return turn;
  }

  async #attach(place: 'file' | 'memory'): Promise<Mode> {
    const { path, readOnly } = this.options;
    const inMemory = place === 'memory' || path === MEMORY;
    // the type is said, for DuckDB would look into the file and ask for an extension where it is another program's
    const how = readOnly && !inMemory ? 'TYPE duckdb, READ_ONLY' : 'TYPE duckdb';
    const connection = await this.instance.connect();
    try {
      const attach = (): Promise<unknown> =>
        connection.run(`ATTACH ${quoteLiteral(inMemory ? MEMORY : path)} AS ${ALIAS} (${how})`);
      if (inMemory) await attach();
      else {
        refuseForeignLog(path);
        await attachAlone(path, attach, () => connection.run(`DETACH ${ALIAS}`));
      }
    } catch (error) {
      throw classify(error, { path });
    } finally {
      connection.closeSync();
    }
    return inMemory ? 'memory' : readOnly ? 'readonly' : 'file';
  }

  /** Where the data is: known once attached, which it is for whoever got it from the registry. */
  get mode(): Mode {
    return this.#mode as Mode;
  }

  /** The real path of the file, or `:memory:`. */
  get path(): string {
    return this.options.path;
  }

  /** Whether SQL is kept from everything but the database's own files, and from settings. */
  get secure(): boolean {
    return this.options.secure;
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

  /** Nor those whose plan may rely on data that was changed past the sessions. */
  dataChanged(): void {
    this.#schema.data += 1;
  }

  async close(): Promise<void> {
    try {
      await this.pool.close();
      // when nothing can be written any more
      for (const hook of this.beforeClose.splice(0)) await hook();
    } finally {
      this.instance.closeSync();
    }
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
    if (options.secure) await lockDown(connection, options.path === MEMORY ? [] : ownFiles(options.path));
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error;
  } finally {
    connection.closeSync();
  }
}
