import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Repository, Table, Transactional, sql } from '@mysingle/database';
import { failure } from './support/failure.js';
import { openManager, scratchPath } from './support/scratch.js';

@Table('accounts')
class Account {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') balance!: number;
}

class Bank {
  constructor(readonly accounts: Repository<Account>) {}

  @Transactional() async move(from: number, to: number, amount: number): Promise<number> {
    await this.accounts.update({ id: from }, { balance: sql`balance - ${amount}` });
    if ((await this.accounts.update({ id: to }, { balance: sql`balance + ${amount}` })) === 0)
      throw new Error('no account');
    return amount;
  }

  @Transactional({ retries: 50 }) async increment(id: number): Promise<void> {
    const { balance } = await this.accounts.findOneOrFail({ where: { id } });
    await this.accounts.update({ id }, { balance: balance + 1 });
  }

  @Transactional({ readOnly: true }) async looking(): Promise<void> {
    await this.accounts.update({ id: 1 }, { balance: 0 });
  }

  @Transactional({ timeout: '20ms' }) async hanging(): Promise<void> {
    await this.accounts.update({ id: 1 }, { balance: 0 });
    await new Promise(() => {});
  }

  @Transactional() async outer(): Promise<void> {
    await this.move(1, 2, 5);
    await this.move(1, 99, 5);
  }
}

class Unbound {
  @Transactional() static async count(): Promise<number> {
    return Promise.resolve(1);
  }
  @Transactional({ using: (self: Unbound) => self.find() }) async counted(): Promise<number> {
    const [row] = await this.find().query<{ n: bigint }>(sql`select count(*) as n from accounts`);
    return Number(row?.n);
  }
  constructor(readonly find: () => BaseDuckDBManager) {}
}

async function open(): Promise<{ db: BaseDuckDBManager; accounts: Repository<Account>; bank: Bank }> {
  const db = await openManager({ path: scratchPath(), entities: [Account] });
  const accounts = db.repository(Account);
  await accounts.insertMany([{ id: 1, balance: 100 }, { id: 2, balance: 100 }]); // prettier-ignore
  return { db, accounts, bank: new Bank(accounts) };
}

const balances = async (accounts: Repository<Account>): Promise<number[]> =>
  (await accounts.find({ orderBy: { id: 'asc' } })).map(({ balance }) => balance);

describe('@Transactional', () => {
  it('commits what a method did, and gives its value; rolls back what one did that threw', async () => {
    const { accounts, bank } = await open();
    expect([await bank.move(1, 2, 10), await balances(accounts)]).to.deep.equal([10, [90, 110]]);
    expect(await bank.move(1, 3, 10).catch((error: Error) => error.message)).to.equal('no account');
    expect(await balances(accounts)).to.deep.equal([90, 110]);
    expect(bank.move.name).to.equal('move');
  });

  it('joins: a method that calls another is one transaction', async () => {
    const { accounts, bank } = await open();
    await bank.outer().catch(() => {});
    expect(await balances(accounts)).to.deep.equal([100, 100]);
  });

  it('takes the options of a transaction', async () => {
    const { accounts, bank } = await open();
    await Promise.all(Array.from({ length: 10 }, () => bank.increment(1)));
    expect(await balances(accounts)).to.deep.equal([110, 100]);
    await failure(bank.looking(), 'E_READ_ONLY');
    await failure(bank.hanging(), 'E_TIMEOUT');
    expect(await balances(accounts)).to.deep.equal([110, 100]);
  });

  it('finds its manager by using, by a property, or because it is the only one', async () => {
    await failure(Unbound.count(), 'E_CONFIG');
    const { db } = await open();
    expect(await Unbound.count()).to.equal(1);
    const other = await openManager();
    const { message } = await failure(Unbound.count(), 'E_CONFIG');
    expect(message)
      .to.match(/^@Transactional Unbound\.count: /)
      .and.contain('2 managers are open. Say which: @Transactional({ using: (self) => self.db }).');
    expect(await new Unbound(() => db).counted()).to.equal(2);
    await failure(new Unbound(() => 5 as never).counted(), 'E_CONFIG');
    await failure(new Unbound(() => other).counted(), 'E_QUERY');
  });

  it('serves standard decorators by the same body', async () => {
    const { accounts } = await open();
    const decorate = Transactional() as never as (
      method: unknown,
      context: object,
    ) => (this: object, n: number) => Promise<number>;
    const method = decorate(
      async function (this: { accounts: Repository<Account> }, n: number) {
        await this.accounts.update({ id: 1 }, { balance: n });
        if (n < 0) throw new Error('below');
        return n;
      },
      { kind: 'method', name: 'set', static: false, private: false, metadata: {}, addInitializer: () => {} },
    );
    expect(await method.call({ accounts }, 5)).to.equal(5);
    await method.call({ accounts }, -5).catch(() => {});
    expect(await balances(accounts)).to.deep.equal([5, 100]);
  });

  it('refuses what it is not for, at import', async () => {
    for (const options of [{ retry: 1 }, { using: 1 }, null] as never[])
      await failure(() => Transactional(options), 'E_DECLARATION');
    await failure(() => Transactional({ timeout: 5 as never }), 'E_CONFIG');
    const decorate = Transactional() as never as (...args: unknown[]) => unknown;
    await failure(() => decorate({}, 'field', undefined), 'E_DECLARATION');
    await failure(() => decorate(undefined, { kind: 'field', name: 'x', metadata: {} }), 'E_DECLARATION');
    const { bank } = await open();
    const lost = Reflect.get<Record<string, (...args: number[]) => Promise<number>>, 'move'>(bank as never, 'move');
    await failure(lost(1, 2, 3), 'E_DECLARATION');
  });
});
