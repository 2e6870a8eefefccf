// From closed to open and back, and what each use finds in between. Not here: what is opened (manager.ts).
import { ReadSet, context, withinContext } from './context.js';
import type { Engine } from './engine/engine.js';
import { closedError } from './engine/pool.js';
import { DatabaseError, classify, loggable } from './errors.js';
import { Limit } from './limit.js';
import type { Log } from './log.js';

/** What opening and closing mean for one owner. */
export interface Steps<T> {
  readonly path: string;
  readonly log: Log;
  /** @param patience stops when close() is called */
  open(patience: Limit): Promise<T>;
  /** what else has to be done before anybody may use it; what it calls may use it already */
  prepare(opened: T): Promise<void>;
  /** it is open from here on */
  opened(opened: T): void;
  /** it is not from here on */
  closing(): void;
  release(opened: T): Promise<void>;
}

type State = 'new' | 'open' | 'closed';

export class Lifetime<T extends { readonly engine: Engine }> {
  #state: State = 'new';
  #opening: Promise<void> | undefined;
  /** ends the wait of a connect() for the lock of another process */
  #patience = new Limit();
  #closing: Promise<void> | undefined;
  #opened: T | undefined;
  /** the last one, which transactions that are still open belong to */
  #engine: Engine | undefined;

  constructor(
    private readonly owner: object,
    private readonly steps: Steps<T>,
  ) {}

  get state(): State {
    return this.#state;
  }

  /** What is open, if anything is. */
  get current(): T | undefined {
    return this.#opened;
  }

  /** What is open. @throws DatabaseError `E_CLOSED` */
  now(): T {
    if (this.#opened === undefined) {
      throw this.#state === 'new'
        ? new DatabaseError('E_CLOSED', 'The manager is not connected yet. Call connect() first.')
        : this.#refusal();
    }
    return this.#opened;
  }

  /** What is open: at once where it is, after connecting where that was never done. */
  use(): T | Promise<T> {
    const open = this.#state === 'open' && this.#opening !== undefined && this.#closing === undefined;
    return open ? this.now() : this.#connected();
  }

  async #connected(): Promise<T> {
    // what prepares it runs before connect() is done
    if (context().connecting === this.owner) return this.now();
    if (this.#opening === undefined && (this.#closing !== undefined || this.#state === 'closed')) throw this.#refusal();
    await this.connect();
    return this.now();
  }

  /** The error after close(); a transaction that meets it fails as a whole, even where it is caught. */
  #refusal(): DatabaseError {
    return this.#engine?.refusal() ?? closedError();
  }

  connect(): Promise<void> {
    if (this.#preparing) return Promise.resolve();
    if (this.#opening !== undefined) return this.#opening;
    // a close() that is under way ends first
    const closed = this.#closing?.catch(() => {});
    const opening = (closed === undefined ? this.#connect() : closed.then(() => this.#connect())).catch(
      (error: unknown) => {
        if (this.#opening === opening) this.#opening = undefined;
        throw error;
      },
    );
    this.#opening = opening;
    return opening;
  }

  /** Whether the caller is a part of a connect() that is not done, which must not wait for itself. */
  get #preparing(): boolean {
    return context().connecting === this.owner && this.#opened !== undefined && this.#state !== 'open';
  }

  async #connect(): Promise<void> {
    const { log, path } = this.steps;
    log('connecting', { db_path: path, operation: 'connect' });
    try {
      // the caller may be inside a transaction on the same file, or a cached load: connecting is no part of either
      await withinContext({ transactions: new Map(), reads: new ReadSet() }, async () => {
        const opened = await this.steps.open((this.#patience = new Limit()));
        this.#engine = opened.engine;
        this.#opened = opened;
        await this.steps.prepare(opened);
      });
    } catch (error) {
      const classified = classify(error, { path });
      // what createTables() throws of its own stays what it is
      const failure: unknown = classified.code === 'E_UNKNOWN' ? error : classified;
      log('connectFailed', { db_path: path, ...loggable(failure) });
      await this.#release().catch((second: unknown) => log('closeFailed', { db_path: path, ...loggable(second) }));
      this.#state = 'new';
      throw failure;
    }
    this.#state = 'open';
    this.steps.opened(this.now());
  }

  close(): Promise<void> {
    if (this.#preparing)
      return Promise.reject(
        new DatabaseError('E_CONFIG', 'createTables() cannot close the manager that it is opening.'),
      );
    const opening = this.#opening;
    // of the last close() and connect() the later one counts
    if (this.#closing !== undefined && opening === undefined) return this.#closing;
    this.#opening = undefined;
    const closing = this.#close(opening).finally(() => {
      if (this.#closing === closing) this.#closing = undefined;
    });
    this.#closing = closing;
    return closing;
  }

  async #close(opening: Promise<void> | undefined): Promise<void> {
    this.#patience.stop(closedError());
    await opening?.catch(() => {});
    this.steps.closing();
    this.#state = 'closed';
    const { log, path } = this.steps;
    const wasOpen = this.#opened !== undefined;
    try {
      await this.#release();
    } catch (error) {
      log('closeFailed', { db_path: path, ...loggable(error) });
      throw classify(error);
    }
    if (wasOpen) log('closed', { db_path: path, operation: 'close' });
  }

  async #release(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) await this.steps.release(opened);
  }
}
