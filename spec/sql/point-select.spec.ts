import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { Column, Table, ddlOf } from '@mysingle/database';
import { SchemaVersion, Session } from '../../lib/engine/session.js';
import { schemaOf } from '../../lib/entity/schema.js';
import { PointSelect, keyText, type Key } from '../../lib/sql/point-select.js';
import { random } from '../support/random.js';

@Table('by_bigint')
class ByBigint {
  @Column('bigint', { primaryKey: true }) id!: bigint;
  @Column('integer') n!: number;
}

@Table('by_uuid')
class ByUuid {
  @Column('uuid', { primaryKey: true }) id!: string;
  @Column('integer') n!: number;
}

@Table('by_text')
class ByText {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('integer') n!: number;
}

@Table('by_date')
class ByDate {
  @Column('date', { primaryKey: true }) id!: Date;
  @Column('integer') n!: number;
}

@Table('by_decimal')
class ByDecimal {
  @Column('decimal(18,2)', { primaryKey: true }) id!: string;
  @Column('integer') n!: number;
}

@Table('by_two')
class ByTwo {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('integer') n!: number;
}

@Table('by_float')
class ByFloat {
  @Column('float', { primaryKey: true }) id!: number;
}

@Table('by_none')
class ByNone {
  @Column('integer') n!: number;
}

const day = (n: number): Date => new Date(Date.UTC(2000, 0, 1) + n * 86_400_000);

/** The n-th id of each, in the order of n where the type has one. */
const KINDS = [
  [ByBigint, (n: number) => BigInt(n) * 10_000_000n],
  [ByUuid, (n: number) => `0000${n.toString(16).padStart(4, '0')}-0000-4000-8000-000000000000`],
  [ByText, (n: number) => `k${String(n).padStart(5, '0')}`],
  [ByDate, day],
  [ByDecimal, (n: number) => `${n}.50`],
  [ByTwo, (n: number) => ({ symbol: `s${n % 7}`, day: day(n) })],
] as const;

describe('PointSelect', () => {
  it('makes one text for one key, and one for each power of two of keys', () => {
    const select = new PointSelect(schemaOf(ByText));
    expect(select.one(['a']).text).to.equal('SELECT "id", "n" FROM "by_text" WHERE "id" = $1 LIMIT 1');
    const three = select.several([['a'], ['b'], ['c']]);
    expect(three.text).to.equal('SELECT "id", "n" FROM "by_text" WHERE "id" IN ($1, $2, $3, $4)');
    expect(three.parameters.map(({ value }) => value)).to.deep.equal(['a', 'b', 'c', 'c']);
    expect(three).to.deep.include({ reads: [schemaOf(ByText).id], writes: [] });
    expect(new PointSelect(schemaOf(ByTwo)).one(['a', null]).text).to.equal(
      'SELECT "symbol", "day", "n" FROM "by_two" WHERE ("symbol" = $1 AND "day" = $2) LIMIT 1',
    );
  });

  it('takes ids that are values of the key, and leaves all else to a condition', () => {
    const [one, two, none] = [ByText, ByTwo, ByNone].map((entity) => new PointSelect(schemaOf(entity)));
    expect(one?.keyOf('a')).to.deep.equal(['a']);
    expect(one?.keyOf({ id: 'a' })).to.deep.equal(['a']);
    expect(two?.keyOf({ day: day(0), symbol: 'a' })).to.have.lengthOf(2);
    for (const id of [null, undefined, 1, {}, { id: 'a', n: 1 }, { n: 1 }, [], { id: null }])
      expect(one?.keyOf(id), JSON.stringify(id)).to.equal(undefined);
    for (const id of ['a', { symbol: 'a' }, { symbol: 'a', day: undefined }, { symbol: 'a', n: 1 }])
      expect(two?.keyOf(id)).to.equal(undefined);
    expect(none?.keyOf(1)).to.equal(undefined);
  });

  it('gives one text to values that SQL holds equal', () => {
    const [id] = schemaOf(ByFloat).primaryKey;
    if (id === undefined) throw new Error('no key');
    expect(keyText(id, -0)).to.equal(keyText(id, 0));
    expect(keyText(id, 0.1)).to.equal(keyText(id, Math.fround(0.1)));
    expect(keyText(id, Number.NaN)).to.equal('NaN');
  });

  for (const [entity, idOf] of KINDS)
    it(`gives the right answer by a plan of any state before: ${entity.name}`, async () => {
      const schema = schemaOf(entity);
      const instance = await DuckDBInstance.create(':memory:', { errors_as_json: 'true' });
      const writer = await instance.connect();
      await writer.run(ddlOf(entity));
      const version = new SchemaVersion();
      const sessions = [await instance.connect(), await instance.connect()].map((each) => new Session(each, version));
      const select = new PointSelect(schema);
      const keyOf = (n: number): Key => select.keyOf(idOf(n)) as Key;
      const there = new Map<number, number>();
      const check = async (state: string): Promise<void> => {
        // beyond what the statistics of any state know, too
        for (const session of sessions)
          for (const n of [0, 1, 2, 50, 51, 99, 300, 3000, 9000]) {
            const { columns } = await session.run(select.one(keyOf(n)));
            expect(columns.at(-1), `${state}: ${n}`).to.deep.equal(there.has(n) ? [there.get(n)] : []);
          }
        if (schema.primaryKey.length > 1) return;
        for (const session of sessions)
          for (const [from, count] of [
            [0, 2],
            [49, 60],
            [2990, 20],
          ] as const) {
            const asked = Array.from({ length: count }, (_key, index) => from + index);
            const { columns } = await session.run(select.several(asked.map(keyOf)));
            const wanted = asked.filter((n) => there.has(n)).map((n) => there.get(n));
            expect((columns.at(-1) as number[]).toSorted((a, b) => a - b), state).to.deep.equal(wanted.toSorted((a, b) => Number(a) - Number(b))); // prettier-ignore
          }
      };
      const change = stateChanges(writer, entity === ByTwo ? 'symbol, day' : 'id', schema.table, keyOf, select, there);
      await check('empty');
      for (const [name, work] of Object.entries(change)) {
        await work();
        await check(name);
      }
      // as often as not a plan is of a state in which it was never used
      const { seed, below } = random();
      const names = Object.keys(change);
      for (let step = 0; step < 15; step += 1) {
        const name = names[below(names.length)] as string;
        await change[name]?.();
        await check(`${name}, seed ${seed}`);
      }
      for (const session of sessions) await session.close();
    });
});

function stateChanges(
  writer: DuckDBConnection,
  columns: string,
  table: string,
  keyOf: (n: number) => Key,
  select: PointSelect,
  there: Map<number, number>,
): Record<string, () => Promise<void>> {
  const types = select.one(keyOf(0)).parameters.map(({ type }) => type);
  const width = types.length;
  const places = types.map((_type, index) => `$${index + 1}`).join(', ');
  const where = columns.split(', ').map((name, index) => `${name} = $${index + 1}`).join(' AND '); // prettier-ignore
  const insert = async (from: number, to: number): Promise<void> => {
    await writer.run('BEGIN');
    for (let n = from; n < to; n += 1) {
      if (there.has(n)) continue;
      await writer.run(`INSERT INTO ${table} (${columns}, n) VALUES (${places}, ${n})`, [...keyOf(n)], types);
      there.set(n, n);
    }
    await writer.run('COMMIT');
  };
  const remove = async (of: (n: number) => boolean): Promise<void> => {
    for (const n of [...there.keys()].filter(of)) {
      await writer.run(`DELETE FROM ${table} WHERE ${where}`, [...keyOf(n)], types);
      there.delete(n);
    }
  };
  return {
    'one row': () => insert(0, 1),
    'some rows': () => insert(0, 100),
    'more than a vector': () => insert(3000, 3040),
    'all gone': () => remove(() => true),
    'other rows': () => insert(40, 60),
    'some deleted': () => remove((n) => n % 2 === 0),
    'rows updated': async () => {
      await writer.run(`UPDATE ${table} SET n = n + ${10_000 * width}`);
      for (const [n, value] of there) there.set(n, value + 10_000 * width);
    },
    'an index more': async () => void (await writer.run(`CREATE INDEX IF NOT EXISTS more ON ${table} (n)`)),
    'an index less': async () => void (await writer.run('DROP INDEX IF EXISTS more')),
    'a checkpoint': async () => void (await writer.run('CHECKPOINT')),
  };
}
