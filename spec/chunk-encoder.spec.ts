import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBDataChunk } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, json, list, now, sql, uuid4 } from '@mysingle/database';
import { ChunkEncoder, type BulkOptions } from '../lib/chunk-encoder.js';
import { Engine } from '../lib/engine/engine.js';
import { acquireDatabase } from '../lib/engine/registry.js';
import { schemaOf } from '../lib/entity/schema.js';
import { Limit } from '../lib/limit.js';
import { resolveOptions } from '../lib/options.js';
import { RowEncoder } from '../lib/row-encoder.js';
import type { RowSource } from '../lib/row-source.js';
import { failure } from './support/failure.js';

@Table('chunk_plain')
class Plain {
  @Column('integer') n!: number;
  @Column('varchar', { nullable: true }) s!: string | null;
  @Column(json(), { nullable: true }) doc!: unknown;
}

@Table('chunk_default')
class Defaulted {
  @Column('integer') n!: number;
  @Column('integer', { default: sql`6 * 7` }) made!: number;
  @Column('timestamp', { default: now() }) at!: Date;
  @Column('varchar', { default: uuid4() }) id!: string;
  @Column('varchar', { default: 'new' }) state!: string;
  @Column('timestamp', { default: sql`'2020-01-01'::timestamp` }) since!: Date;
  @Column(json(), { default: { a: 1 } }) doc!: unknown;
}

@Table('chunk_list')
class Listed {
  @Column(list('integer')) l!: number[];
}

type Values = readonly (readonly unknown[])[];

/** The rows of each chunk, looked at before the next is asked for. */
async function encoded(
  entity: new () => object,
  rows: unknown,
  {
    staged = false,
    options = {},
    limit,
    reversed = false,
    engine,
    encoder = new RowEncoder(schemaOf(entity), undefined, () => 1000),
  }: {
    staged?: boolean;
    options?: BulkOptions;
    limit?: Limit;
    reversed?: boolean;
    engine?: Engine;
    encoder?: RowEncoder;
  } = {},
): Promise<{ chunks: Values[]; made: ChunkEncoder }> {
  const order = reversed ? encoder.columns.toReversed() : encoder.columns;
  const made = new ChunkEncoder(engine as Engine, encoder, order, staged, options, limit);
  const chunks: Values[] = [];
  for await (const chunk of made.of(rows as RowSource)) chunks.push(new DuckDBDataChunk(chunk.chunk).getRows());
  return { chunks, made };
}

const range = (count: number): { n: number; s: string | null; doc: unknown }[] =>
  Array.from({ length: count }, (_each, n) => ({ n, s: n % 3 === 0 ? null : `text number ${n}, é`, doc: n % 2 === 0 ? { n } : null })); // prettier-ignore
const wanted = (count: number): unknown[][] => range(count).map(({ n, s, doc }) => [n, s, doc === null ? null : JSON.stringify(doc)]); // prettier-ignore

describe('ChunkEncoder', () => {
  it('makes chunks of 2048 rows, of arrays, iterables, streams and columns, in the order that is asked for', async () => {
    const rows = range(5000);
    const sources: Record<string, () => unknown> = {
      array: () => rows,
      iterable: () => rows.values(),
      stream: async function* () {
        for (const [index, row] of rows.entries()) {
          if (index % 1000 === 0) await sleep(1);
          yield row;
        }
      },
      columns: () => ({ n: Int32Array.from(rows, ({ n }) => n), s: rows.map(({ s }) => s), doc: rows.map(({ doc }) => doc) }), // prettier-ignore
    };
    for (const [name, source] of Object.entries(sources)) {
      const { chunks } = await encoded(Plain, source());
      expect(chunks.map((chunk) => chunk.length), name).to.deep.equal([2048, 2048, 904]); // prettier-ignore
      expect(chunks.flat(), name).to.deep.equal(wanted(5000));
    }
    const { chunks } = await encoded(Plain, rows.slice(0, 3), { reversed: true });
    expect(chunks.flat()).to.deep.equal(wanted(3).map((row) => row.toReversed()));
    expect((await encoded(Plain, [])).chunks).to.deep.equal([]);
    expect((await encoded(Plain, rows.slice(0, 2048))).chunks.map((chunk) => chunk.length)).to.deep.equal([2048]);
    const lists = Array.from({ length: 3000 }, (_each, row) => ({
      l: Array.from({ length: row % 40 === 0 ? row : row % 7 }, () => row),
    }));
    expect((await encoded(Listed, lists)).chunks.flat().map(([l]) => (l as { items: unknown }).items)).to.deep.equal(lists.map(({ l }) => l)); // prettier-ignore
  });

  it('says behind each row which columns it set, and its place', async () => {
    const rows = Array.from({ length: 3000 }, (_each, n) => [{ n }, { n, s: 'x' }, { n, doc: 1, s: null }][n % 3]);
    const { chunks, made } = await encoded(Plain, rows, { staged: true });
    expect(chunks.flat().map((row) => row.slice(3))).to.deep.equal(rows.map((_row, n) => [n % 3, BigInt(n)]));
    expect(made.shapes.map((shape) => [...shape].map(({ property }) => property))).to.deep.equal([['n'], ['n', 's'], ['n', 's', 'doc']]); // prettier-ignore
  });

  it('puts defaults where values are missing: of Node, of the declaration, of the database', async () => {
    const { database, log } = resolveOptions({ path: ':memory:', logger: false });
    const lease = await acquireDatabase(database);
    const engine = new Engine(lease.database, log, 1000);
    const rows = Array.from({ length: 2100 }, (_each, n) => (n % 2 === 0 ? { n } : { n, made: n, at: new Date(n), id: 'x', state: 's', since: new Date(n), doc: null })); // prettier-ignore
    const { chunks } = await encoded(Defaulted, rows, { engine });
    expect(chunks.map((chunk) => chunk.length)).to.deep.equal([2048, 52]);
    const ids = new Set<unknown>();
    for (const [n, [own, made, at, id, state, since, doc]] of chunks.flat().entries()) {
      const [ms, day] = [at, since].map((each) => Number((each as { micros: bigint }).micros) / 1000);
      if (n % 2 === 1) expect([own, made, ms, id, state, day, doc]).to.deep.equal([n, n, n, 'x', 's', n, 'null']);
      else {
        ids.add(id);
        expect([own, made, ms, state, day, doc]).to.deep.equal([n, 42, 1000, 'new', Date.UTC(2020, 0), '{"a":1}']);
      }
    }
    expect(ids.size).to.equal(1050);
    await engine.close();
    await lease.release();
  });

  it('tells how many rows were read after each chunk, waits for that, and fails with it', async () => {
    const told: number[] = [];
    await encoded(Plain, range(4500), { options: { onProgress: (rows) => told.push(rows) } });
    expect(told).to.deep.equal([2048, 4096, 4500]);
    let waited = 0;
    await encoded(Plain, range(4500), { options: { onProgress: async () => void (waited = await sleep(5, waited + 1)) } }); // prettier-ignore
    expect(waited).to.equal(3);
    const fails = encoded(Plain, range(10), { options: { onProgress: () => Promise.reject(new RangeError('told')) } });
    expect(await fails.then(String, String)).to.equal('RangeError: told');
  });

  it('names the first row that is wrong, by its number among all, and closes what it reads from', async () => {
    let closed = 0;
    const source = function* (bad: unknown): Generator {
      try {
        yield* range(3000);
        yield bad;
        yield { n: 1 };
      } finally {
        closed += 1;
      }
    };
    for (const [bad, code, message] of [
      [{ n: 'x' }, 'E_CONVERSION', 'Row 3000: Plain.n (integer) expects an integer, got a string.'],
      [{ n: null }, 'E_NOT_NULL', 'Row 3000: Plain.n is null, and the column is NOT NULL.'],
      [{ s: 'x' }, 'E_NOT_NULL', 'Row 3000: Plain.n is missing, and the column is NOT NULL without a default.'],
      [{ n: 1, nope: 1 }, 'E_VALIDATION', "Row 3000: Plain has no column 'nope'. Columns: n, s, doc."],
      [5, 'E_VALIDATION', 'Row 3000: Plain expects an object of its properties, got an integer.'],
    ] as const) {
      const error = await failure(encoded(Plain, source(bad)), code);
      expect([error.message, error.details['row']]).to.deep.equal([message, 3000]);
    }
    expect(closed).to.equal(5);
    // the row before what the source itself fails with
    const broken = function* (): Generator {
      yield { n: 0.5 };
      throw new RangeError('the source');
    };
    expect((await failure(encoded(Plain, broken()), 'E_CONVERSION')).details).to.include({ row: 0 });
  });

  it('stops between two chunks at its limit, and lets others run meanwhile', async () => {
    const stop = new AbortController();
    const limit = Limit.of({ signal: stop.signal }, 'insertMany') as Limit;
    const told: number[] = [];
    const options: BulkOptions = {
      onProgress(rows) {
        told.push(rows);
        setImmediate(() => stop.abort('enough'));
      },
    };
    expect((await failure(encoded(Plain, range(9000), { limit, options }), 'E_ABORTED')).cause).to.equal('enough');
    expect(told).to.deep.equal([2048]);
  });
});
