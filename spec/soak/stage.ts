// One database that is tormented: the processes that write to it and hold it, what they acknowledged, and the check after each
// torment by opening it in order. Not here: the torments (scenarios.ts).
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { BaseDuckDBManager, sql } from '@mysingle/database';
import { pino } from 'pino';
import type { random } from '../support/random.js';
import { ACCOUNTS, Account, ENTITIES, OPENING_BALANCE } from './entities.js';
import { Ledger } from './ledger.js';
import { Process } from './process.js';
import type { Tally } from './tally.js';
import { kindOf, type Kind } from './workload.js';

/** A worker, and its number on this stage. */
export interface Worker {
  readonly process: Process;
  /** writes that it acknowledged */
  readonly acknowledged: () => number;
}

export class Stage {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mysingle-soak-'));
  readonly path = join(this.#folder, 'soak.duckdb');
  readonly #ledger = new Ledger();
  readonly #processes = new Set<Process>();
  #workers = 0;

  constructor(
    readonly chance: ReturnType<typeof random>,
    readonly tally: Tally,
  ) {}

  /** Makes the file, with what the transfers move about. */
  async prepare(): Promise<void> {
    await using db = await BaseDuckDBManager.open({ path: this.path, entities: ENTITIES, logger: false });
    await db
      .repository(Account)
      .insertMany(Array.from({ length: ACCOUNTS }, (_row, n) => ({ name: `a${n}`, balance: OPENING_BALANCE })));
  }

  /** A pause of up to so many milliseconds. */
  async pause(limitMs: number, leastMs = 0): Promise<void> {
    await sleep(leastMs + this.chance.below(limitMs - leastMs));
  }

  /** Starts a process that writes, a lane for each kind. */
  work(...kinds: readonly Kind[]): Worker {
    this.#workers += 1;
    const lanes = kinds.map((kind, lane) => `w${this.#workers}.${kind}.${lane}`);
    for (const lane of lanes) this.#ledger.open(lane);
    let acknowledged = 0;
    const process = Process.start('worker', JSON.stringify({ path: this.path, lanes }), (line) => {
      if (!line.startsWith('ack ')) return;
      const [, lane, n, key] = line.split(' ') as [string, string, string, string | undefined];
      this.#ledger.acknowledge(lane, Number(n), key === undefined ? undefined : BigInt(key));
      this.tally.acknowledged[kindOf(lane)] += 1;
      acknowledged += 1;
    });
    this.#processes.add(process);
    return { process, acknowledged: () => acknowledged };
  }

  /** Starts another process that holds the file, and waits until it does. */
  async hold(byLibrary: boolean): Promise<Process> {
    const holder = byLibrary
      ? Process.start('worker', JSON.stringify({ path: this.path, lanes: [] }), () => {})
      : Process.start('holder', this.path, () => {});
    this.#processes.add(holder);
    await this.expect(holder, 'ready');
    return holder;
  }

  /** Waits for a line; it is a failure when it does not come. */
  async expect(process: Process, start: string, patienceMs?: number): Promise<boolean> {
    if ((await process.line(start, patienceMs)) !== undefined) return true;
    this.tally.wrong('stuck', `never said '${start}': ${process.lines.slice(-3).join(' / ')}`);
    return false;
  }

  async kill(process: Process, what: 'worker' | 'holder'): Promise<void> {
    if (await process.kill()) this.tally.kills[what] += 1;
    for (const complaint of process.complaints) this.tally.wrong('failed', complaint);
    this.#processes.delete(process);
  }

  async close(process: Process): Promise<void> {
    await process.close();
    for (const complaint of process.complaints) this.tally.wrong('failed', complaint);
    this.#processes.delete(process);
  }

  /** What is left of side files, of any kind. */
  get sideFiles(): readonly string[] {
    return readdirSync(dirname(this.path)).filter((name) => name.startsWith(`${basename(this.path)}.fallback-`));
  }

  /** Counts it where a part of a side file is in the database and the rest is not; nobody may have the file. */
  async countMidReplay(): Promise<void> {
    const [side] = this.sideFiles;
    if (side === undefined) return;
    const instance = await DuckDBInstance.create(this.path, { access_mode: 'READ_ONLY' });
    const connection = await instance.connect();
    try {
      const there = await connection.run(`select 1 from duckdb_tables() where table_name = 'mysingle_fallback'`);
      if (there.rowCount === 0) return;
      const applied = await connection.run('select 1 from mysingle_fallback where side = $1', [side]);
      if (applied.rowCount > 0) this.tally.midReplay += 1;
    } finally {
      // a connection that stays open would keep the file
      connection.closeSync();
      instance.closeSync();
    }
  }

  /** Waits until whoever holds the database has brought in the side files. */
  async adopted(patienceMs = 15_000): Promise<boolean> {
    for (const until = performance.now() + patienceMs; performance.now() < until; await sleep(20))
      if (this.sideFiles.length === 0) return true;
    return false;
  }

  /** Nobody is left; opens the database as the next start would, and compares. @returns transactions brought in by that */
  async check(): Promise<number> {
    for (const process of this.#processes) await this.kill(process, 'worker');
    let brought = 0;
    const logger = pino(
      { level: 'info' },
      {
        write: (text: string) => {
          const { msg, transactions } = JSON.parse(text) as { msg: string; transactions: number };
          if (msg === 'Writes made in fallback applied to the database') brought += transactions;
        },
      },
    );
    this.tally.checks += 1;
    try {
      await using db = await BaseDuckDBManager.open({ path: this.path, entities: ENTITIES, logger });
      if (db.mode !== 'file') this.tally.wrong('open', `mode ${db.mode}`);
      for (const [what, text] of await this.#ledger.check(db)) this.tally.wrong(what, text);
      const { conflicts } = db.health();
      for (let n = 0; n < conflicts; n += 1) this.tally.wrong('conflicts', await firstConflict(db));
    } catch (error) {
      this.tally.wrong('open', String(error));
    }
    for (const name of this.sideFiles) this.tally.wrong('sideFiles', name);
    return brought;
  }

  async end(): Promise<void> {
    for (const process of this.#processes) await process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function firstConflict(db: BaseDuckDBManager): Promise<string> {
  return JSON.stringify(await db.query(sql`select seq, code, reason, operations from mysingle_conflicts limit 1`));
}
