// Many at once on one file: exact sums, order, and walls between transactions; beside the file too, and after going over to it.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, sql, type ManagerOptions } from '@mysingle/database';
import { holdFile } from '../support/child.js';
import { random } from '../support/random.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('accounts')
class Account {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') balance!: number;
}

/** No key: a row that comes twice is there twice. */
@Table('entries')
class Entry {
  @Column('integer') transfer!: number;
  @Column('integer') account!: number;
  @Column('integer') amount!: number;
}

const ENTITIES = [Account, Entry];
const [ACCOUNTS, OPENING, TRANSFERS, RETRIES] = [10, 100, 50, 200] as const;

/** The file, with its accounts; where it is locked another process has it, until it is freed. */
async function open(
  locked: boolean,
  options: ManagerOptions = {},
): Promise<{ db: BaseDuckDBManager; free: () => Promise<void> }> {
  const path = scratchPath();
  const seed = await BaseDuckDBManager.open({ path, entities: ENTITIES, logger: false });
  const rows = Array.from({ length: ACCOUNTS }, (_row, id) => ({ id, balance: OPENING }));
  await seed.repository(Account).insertMany(rows);
  await seed.close();
  const holder = locked ? await holdFile(path) : undefined;
  const db = await openManager({ path, entities: ENTITIES, ...options });
  expect(db.mode).to.equal(locked ? 'fallback' : 'file');
  // what is worked on beside the file begins empty; that the rows are there already is no mistake, and an upsert says so
  if (locked) await db.repository(Account).upsert(rows, { update: ['balance'] });
  return {
    db,
    free: async () => {
      await holder?.kill();
      for (let tries = 0; db.mode !== 'file' && tries < 400; tries += 1) await sleep(25);
      expect(db.health()).to.deep.include({ mode: 'file', pending: 0, conflicts: 0 });
    },
  };
}

class Bang extends Error {}

/** What one transfer does, and whether it fails: before, between or after its writes. */
interface Plan {
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  readonly failsAt: number | undefined;
}

function plans(seed: number): Plan[] {
  const { below } = random(seed);
  return Array.from({ length: TRANSFERS }, () => {
    const from = below(ACCOUNTS);
    return {
      from,
      to: (from + 1 + below(ACCOUNTS - 1)) % ACCOUNTS,
      amount: 1 + below(20),
      failsAt: below(3) === 0 ? below(5) : undefined,
    };
  });
}

async function transfer(db: BaseDuckDBManager, number: number, plan: Plan): Promise<boolean> {
  const [accounts, entries] = [db.repository(Account), db.repository(Entry)];
  const { from, to, amount, failsAt } = plan;
  const steps = [
    () => accounts.update({ id: from }, { balance: sql`balance - ${amount}` }),
    () => entries.insert({ transfer: number, account: from, amount: -amount }),
    () => accounts.update({ id: to }, { balance: sql`balance + ${amount}` }),
    () => entries.insertMany([{ transfer: number, account: to, amount }]),
  ];
  try {
    await db.transaction(
      async () => {
        for (const [index, step] of steps.entries()) {
          if (failsAt === index) throw new Bang();
          await step();
        }
        if (failsAt === steps.length) throw new Bang();
      },
      { retries: RETRIES },
    );
    return true;
  } catch (error) {
    if (!(error instanceof Bang)) throw error;
    return false;
  }
}

async function balances(db: BaseDuckDBManager): Promise<number[]> {
  return (await db.repository(Account).find({ orderBy: { id: 'asc' } })).map((account) => account.balance);
}

async function transfersAtOnce(db: BaseDuckDBManager, seed: number): Promise<() => Promise<void>> {
  const planned = plans(seed);
  const done = await Promise.all(planned.map((plan, number) => transfer(db, number, plan)));
  const expected = Array.from({ length: ACCOUNTS }, () => OPENING as number);
  for (const [number, { from, to, amount, failsAt }] of planned.entries()) {
    expect(done[number], `seed ${seed}, transfer ${number}`).to.equal(failsAt === undefined);
    if (failsAt !== undefined) continue;
    expected[from] = (expected[from] as number) - amount;
    expected[to] = (expected[to] as number) + amount;
  }
  return async () => {
    expect(await balances(db), `seed ${seed}`).to.deep.equal(expected);
    const entries = await db.query<{ transfer: number; rows: number; sum: number }>(
      sql`select transfer, count(*)::integer as rows, sum(amount)::integer as sum from entries group by transfer order by transfer`,
    );
    const numbers = [...planned.keys()].filter((number) => planned[number]?.failsAt === undefined);
    expect(entries, `seed ${seed}`).to.deep.equal(numbers.map((number) => ({ transfer: number, rows: 2, sum: 0 })));
  };
}

async function incrementsAtOnce(db: BaseDuckDBManager): Promise<void> {
  const accounts = db.repository(Account);
  await Promise.all(
    Array.from({ length: 100 }, () =>
      db.transaction(
        async () => {
          const { balance } = await accounts.findOneOrFail({ where: { id: 0 } });
          await accounts.update({ id: 0 }, { balance: balance + 1 });
        },
        { retries: RETRIES },
      ),
    ),
  );
}

for (const locked of [false, true]) {
  describe(`many at once, ${locked ? 'beside a file that another process holds' : 'on a file'}`, () => {
    it('transactions of which some fail at random leave exact sums', async () => {
      const { db, free } = await open(locked);
      const exact = await transfersAtOnce(db, Date.now() % 2 ** 31);
      await exact();
      await free();
      await exact();
    });

    it('a hundred contended increments with retries are a hundred', async () => {
      const { db, free } = await open(locked);
      await incrementsAtOnce(db);
      expect((await balances(db))[0]).to.equal(OPENING + 100);
      await free();
      expect((await balances(db))[0]).to.equal(OPENING + 100);
    });

    it('statements of one transaction run in the order of their calls, though nobody waits for them', async () => {
      const { db, free } = await open(locked);
      const entries = db.repository(Entry);
      await db.transaction(() => {
        for (let n = 0; n < 100; n += 1) {
          // the bulk load is no statement: it gathers its rows before its turn
          const call = [
            () => entries.insert({ transfer: n, account: 0, amount: 1 }),
            () => db.execute(sql`insert into entries values (${n}, 0, 1)`),
            () => db.query(sql`insert into ${Entry} values (${n}, 0, 1) returning transfer`),
          ][n % 3];
          void call?.();
        }
      });
      const inOrder = Array.from({ length: 100 }, (_row, n) => ({ transfer: n }));
      const stored = sql`select transfer from entries order by rowid`;
      expect(await db.query(stored)).to.deep.equal(inOrder);
      await free();
      expect(await db.query(stored)).to.deep.equal(inOrder);
    });

    it('what is written outside is not seen inside, nor what is written inside outside before it is committed', async () => {
      const { db, free } = await open(locked);
      const entries = db.repository(Entry);
      const outside: Promise<unknown>[] = [];
      let [enter, leave] = [(): void => {}, (): void => {}];
      const [entered, left] = [new Promise<void>((resolve) => (enter = resolve)), new Promise<void>((resolve) => (leave = resolve))]; // prettier-ignore
      const inside = db.transaction(async () => {
        expect(await entries.count()).to.equal(0);
        await entries.insert({ transfer: 1, account: 0, amount: 1 });
        enter();
        await left;
        // its own row, and none of the 50
        expect(await entries.find()).to.deep.equal([
          Object.assign(new Entry(), { transfer: 1, account: 0, amount: 1 }),
        ]);
        expect(await db.query(sql`select count(*)::integer as n from entries`)).to.deep.equal([{ n: 1 }]);
      });
      await entered;
      for (let n = 0; n < 50; n += 1) {
        outside.push(entries.insert({ transfer: 2, account: n, amount: 1 }));
        outside.push(entries.count({ transfer: 1 }).then((count) => expect(count, 'not committed').to.equal(0)));
      }
      await Promise.all(outside);
      leave();
      await inside;
      expect(await entries.count()).to.equal(51);
      await free();
      expect(await entries.count()).to.equal(51);
    });
  });
}
