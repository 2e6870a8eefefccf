// Values that a type cannot hold exactly, random, by every way of writing and in conditions: refused with row, `Entity.property`
// and the kind of the value, never its content, and nothing is written. Settings as in round-trip.spec.ts.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  Column,
  Table,
  isDatabaseError,
  type DatabaseError,
  type EntityClass,
  type Repository,
} from '@mysingle/database';
import { failure } from '../support/failure.js';
import { hold } from '../support/property.js';
import { REFUSALS, SECRET, type RefusalCase, type Refused } from '../support/refusals.js';
import { openManager } from '../support/scratch.js';

type Row = { id: number } & Record<string, unknown>;

/** An entity with a nullable column of each type: `n0, n1, ...`. */
function entityOf(cases: readonly RefusalCase[]): EntityClass<Row> {
  class Strict implements Row {
    id!: number;
    [property: string]: unknown;
  }
  Column('integer', { primaryKey: true })(Strict.prototype, 'id');
  for (const [index, { type, as }] of cases.entries())
    Column(type as 'varchar', { nullable: true, ...(as === undefined ? {} : { as }) } as never)(
      Strict.prototype as never,
      `n${index}` as never,
    );
  Table('strict')(Strict);
  return Strict;
}

async function* later(items: readonly never[]): AsyncGenerator<never> {
  for (const item of items) yield await Promise.resolve(item);
}

/** The value by every way, at a random place among rows that fit. */
async function check(rows: Repository<Row>, property: string, { value, why }: Refused, place: number): Promise<void> {
  const bad = { id: 100, [property]: value } as never;
  const among = Array.from({ length: place + 3 }, (_each, n) => (n === place ? bad : ({ id: 200 + n } as never)));
  const one = await refused(() => rows.insert(bad), why);
  expect(one.message.startsWith(`Strict.${property} (`), one.message).to.equal(true);
  expect(one.details).to.deep.equal({ entity: 'Strict', table: 'strict', property, columns: [property] });
  const same = async (work: () => Promise<unknown>, row?: number): Promise<void> => {
    const error = await refused(work, why);
    expect(error.message).to.equal(row === undefined ? one.message : `Row ${row}: ${one.message}`);
    expect(error.details['row']).to.equal(row);
  };
  await same(() => rows.upsert(bad));
  await same(() => rows.update({ id: 1 }, { [property]: value }));
  await same(() => rows.insertMany(among), place);
  await same(() => rows.insertMany(later(among)), place);
  await same(() => rows.insertMany(among, { onConflict: 'update' }), place);
  await same(() => rows.insertMany(among, { onConflict: 'ignore' }), place);
  await same(() => rows.upsert(among), place);
}

/** A condition says the same, as a question that makes no sense. */
async function checkWhere(rows: Repository<Row>, property: string, { value, why }: Refused): Promise<void> {
  const where = { [property]: value } as never;
  for (const ask of [() => rows.find({ where }), () => rows.update(where, { id: 5 }), () => rows.delete(where)]) {
    const error = await refused(ask, why, 'E_QUERY');
    expect(error.message.startsWith(`Strict.${property} (`), error.message).to.equal(true);
  }
}

async function refused(
  work: () => Promise<unknown>,
  why: RegExp,
  code: DatabaseError['code'] = 'E_CONVERSION',
): Promise<DatabaseError> {
  const error = await failure(work, code);
  expect(error.message).to.match(why);
  // the causes, too, may be logged
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    for (const secret of [SECRET, '7654']) expect(cause.message).not.to.contain(secret);
  return error;
}

describe('the round trip of what does not fit', () => {
  it('ends before it begins, naming row, Entity.property and kind of value', async function () {
    this.timeout(600_000);
    const Strict = entityOf(REFUSALS);
    const db = await openManager({ entities: [Strict] });
    const rows = db.repository(Strict);
    await rows.insert({ id: 1 });
    for (const [index, { name, refused: values }] of REFUSALS.entries()) {
      const property = `n${index}`;
      await hold(
        fc.asyncProperty(values, fc.integer({ min: 0, max: 5 }), async (value, place) => {
          try {
            await check(rows, property, value, place);
            if (name !== 'json') await checkWhere(rows, property, value);
          } catch (error) {
            const kind = isDatabaseError(error) ? error.code : 'not as expected';
            throw new Error(`${name}, ${fc.stringify(value)}: ${kind}, ${(error as Error).message}`, { cause: error });
          }
        }),
        3,
      );
    }
    const [only, ...others] = await rows.find();
    expect(others).to.deep.equal([]);
    expect(Object.values(only ?? {}).filter((value) => value !== null)).to.deep.equal([1]);
  });

  it('begins right behind the last value that fits', async () => {
    const Strict = entityOf(REFUSALS);
    const db = await openManager({ entities: [Strict] });
    const rows = db.repository(Strict);
    for (const [index, { name, edges }] of REFUSALS.entries())
      for (const { value, why } of edges)
        try {
          await refused(() => rows.insert({ id: 1, [`n${index}`]: value }), why);
        } catch (error) {
          throw new Error(`${name}, ${fc.stringify(value)}: ${(error as Error).message}`, { cause: error });
        }
    expect(await rows.count()).to.equal(0);
  });

  it('counts rows over all chunks', async () => {
    class Numbered {
      id!: number;
      small!: number;
    }
    Column('integer', { primaryKey: true })(Numbered.prototype, 'id');
    Column('utinyint')(Numbered.prototype, 'small');
    Table('numbered')(Numbered);
    const rows = (await openManager({ entities: [Numbered] })).repository(Numbered);
    for (const place of [2047, 2048, 2049, 5000]) {
      const many = Array.from({ length: 6000 }, (_each, id) => ({ id, small: id === place ? 256 : 255 }));
      for (const write of [
        () => rows.insertMany(many),
        () => rows.upsert(many),
        () => rows.insertMany(many, { onConflict: 'ignore' }),
      ]) {
        const error = await failure(write, 'E_CONVERSION');
        expect(error.message).to.match(new RegExp(`^Row ${place}: Numbered\\.small \\(utinyint\\) holds 0 to 255`));
        expect(error.details).to.include({ row: place, entity: 'Numbered', property: 'small' });
      }
      expect(await rows.count()).to.equal(0);
    }
  });
});
